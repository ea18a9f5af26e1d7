public import LoomGraph

/// The Reduce ops.
public enum ReduceOps {
  public static let all: [any OpDefinition.Type] = []
}
