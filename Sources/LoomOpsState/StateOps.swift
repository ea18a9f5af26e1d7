public import LoomGraph

/// The State ops.
public enum StateOps {
  public static let all: [any OpDefinition.Type] = []
}
