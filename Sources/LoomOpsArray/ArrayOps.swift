public import LoomGraph

/// The Array ops.
public enum ArrayOps {
  public static let all: [any OpDefinition.Type] = []
}
