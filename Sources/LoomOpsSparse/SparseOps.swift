public import LoomGraph

/// Sparse and ragged tensors.
public enum SparseOps {
  public static let all: [any OpDefinition.Type] = [
    RaggedTensorFromVariant.self,
    RaggedTensorToSparse.self,
    RaggedTensorToTensor.self,
    RaggedTensorToVariant.self,
    RaggedTensorToVariantGradient.self,
    SparseAdd.self,
    SparseAddGrad.self,
    SparseConcat.self,
    SparseCross.self,
    SparseCrossHashed.self,
    SparseCrossV2.self,
    SparseDenseCwiseAdd.self,
    SparseDenseCwiseDiv.self,
    SparseDenseCwiseMul.self,
    SparseFillEmptyRows.self,
    SparseFillEmptyRowsGrad.self,
    SparseMatMul.self,
    SparseReduceMax.self,
    SparseReduceMaxSparse.self,
    SparseReduceSum.self,
    SparseReduceSumSparse.self,
    SparseReorder.self,
    SparseReshape.self,
    SparseSlice.self,
    SparseSliceGrad.self,
    SparseSoftmax.self,
    SparseSparseMaximum.self,
    SparseSparseMinimum.self,
    SparseSplit.self,
    SparseTensorDenseAdd.self,
    SparseTensorDenseMatMul.self,
    SparseToDense.self,
  ]
}
