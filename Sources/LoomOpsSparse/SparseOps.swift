public import LoomGraph

/// Sparse tensors.
public enum SparseOps {
  public static let all: [any OpDefinition.Type] = [
    SparseFillEmptyRows.self,
    SparseFillEmptyRowsGrad.self,
    SparseReorder.self,
    SparseReshape.self,
    SparseToDense.self,
  ]
}
