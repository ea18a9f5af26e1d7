public import LoomGraph

/// The ops that need gradients to be built.
public enum TrainingOps {
  public static let all: [any OpDefinition.Type] = [SymbolicGradient.self]
}
