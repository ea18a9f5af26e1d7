public import LoomGraph

/// The Reduce ops.
public enum ReduceOps {
  public static let all: [any OpDefinition.Type] = [Sum.self, Mean.self, EuclideanNorm.self, Prod.self, Max.self, Min.self, MatMul.self]
}
