public import LoomGraph

/// Datasets and their iterators.
public enum DataOps {
  public static let all: [any OpDefinition.Type] = []
}
