public import LoomGraph

/// Lookup tables.
public enum TablesOps {
  public static let all: [any OpDefinition.Type] = []
}
