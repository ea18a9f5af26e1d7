public import LoomGraph

/// The ops every graph needs, whatever it computes.
public enum CoreOps {
  public static let all: [any OpDefinition.Type] = [
    Const.self, Identity.self, NoOp.self, Placeholder.self,
  ]
}
