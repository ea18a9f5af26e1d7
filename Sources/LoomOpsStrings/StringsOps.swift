public import LoomGraph

/// The Strings ops.
public enum StringsOps {
  public static let all: [any OpDefinition.Type] = []
}
