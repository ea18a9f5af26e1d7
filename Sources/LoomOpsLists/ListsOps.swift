public import LoomGraph

/// TensorArrays, tensor lists and stacks.
public enum ListsOps {
  public static let all: [any OpDefinition.Type] = []
}
