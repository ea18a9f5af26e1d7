public import LoomGraph

/// Arithmetic, elementary functions, comparisons, reductions and matrix products.
public enum MathOps {
  public static let all: [any OpDefinition.Type] = [AddV2.self, Neg.self]
}
