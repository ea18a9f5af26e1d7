public import LoomGraph

/// The Reduce ops.
public enum ReduceOps {
  public static let all: [any OpDefinition.Type] = [Sum.self, Mean.self, EuclideanNorm.self, Prod.self, Max.self, Min.self, AllTrue.self, AnyTrue.self, ArgMax.self, ArgMin.self, Cumsum.self, Cumprod.self, MatMul.self, BatchMatMul.self, BatchMatMulV2.self, BatchMatMulV3.self, TopK.self, TopKV2.self]
}
