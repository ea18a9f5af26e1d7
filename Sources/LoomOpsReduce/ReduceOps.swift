public import LoomGraph

/// Reductions, products of matrices, sorting, counting, segments, random numbers, linear algebra.
public enum ReduceOps {
  public static let all: [any OpDefinition.Type] =
    reductions + products + sorting + counting + segments + RandomOps.all

  static let reductions: [any OpDefinition.Type] = [
    AllTrue.self, AnyTrue.self, ArgMax.self, ArgMin.self, Cumprod.self, Cumsum.self,
    CumulativeLogsumexp.self,
    EuclideanNorm.self, L2Loss.self, Max.self, Mean.self, Min.self, Prod.self, Sum.self,
  ]

  static let products: [any OpDefinition.Type] = [
    BatchMatMul.self, BatchMatMulV2.self, BatchMatMulV3.self, Einsum.self, MatMul.self,
  ]

  static let sorting: [any OpDefinition.Type] = [
    InTopK.self, InTopKV2.self, NthElement.self, TopK.self, TopKV2.self,
  ]

  static let counting: [any OpDefinition.Type] = [
    Bincount.self, Bucketize.self, DenseBincount.self, HistogramFixedWidth.self, ListDiff.self,
    RaggedBincount.self, SparseBincount.self, Unique.self, UniqueV2.self, UniqueWithCounts.self,
    UniqueWithCountsV2.self,
  ]

  static let segments: [any OpDefinition.Type] = [
    SegmentMax.self, SegmentMean.self, SegmentMin.self, SegmentProd.self, SegmentSum.self,
    SparseSegmentMean.self, SparseSegmentMeanGrad.self, SparseSegmentMeanGradV2.self,
    SparseSegmentMeanWithNumSegments.self, SparseSegmentSqrtN.self, SparseSegmentSqrtNGrad.self,
    SparseSegmentSqrtNGradV2.self,
    SparseSegmentSqrtNWithNumSegments.self, SparseSegmentSum.self, SparseSegmentSumGrad.self,
    SparseSegmentSumGradV2.self,
    SparseSegmentSumWithNumSegments.self, UnsortedSegmentMax.self, UnsortedSegmentMin.self,
    UnsortedSegmentProd.self, UnsortedSegmentSum.self,
  ]
}
