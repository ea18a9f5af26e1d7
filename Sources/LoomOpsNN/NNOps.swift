public import LoomGraph

/// The NN ops.
public enum NNOps {
  public static let all: [any OpDefinition.Type] = []
}
