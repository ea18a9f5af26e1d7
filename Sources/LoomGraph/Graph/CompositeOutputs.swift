public import LoomCore

/// A sparse tensor: `values[i]` stands at position `indices[i]`, everything else is zero.
public struct SparseOutput<Scalar: TensorScalar>: Sendable, Hashable {
  /// `[count, rank]`, in row-major order of the positions.
  public var indices: Output<Int64>
  /// `[count]`.
  public var values: Output<Scalar>
  /// `[rank]`.
  public var denseShape: Output<Int64>

  public init(indices: Output<Int64>, values: Output<Scalar>, denseShape: Output<Int64>) {
    self.indices = indices
    self.values = values
    self.denseShape = denseShape
  }

  public var graph: Graph { values.graph }
}

/// A tensor some of whose dimensions differ in length from row to row.
public struct RaggedOutput<Scalar: TensorScalar>: Sendable, Hashable {
  /// The innermost values of all rows, one after the other.
  public var flatValues: Output<Scalar>
  /// For each ragged dimension, outermost first: where each row begins, and where the last one ends.
  public var rowSplits: [Output<Int64>]

  public init(flatValues: Output<Scalar>, rowSplits: [Output<Int64>]) {
    self.flatValues = flatValues
    self.rowSplits = rowSplits
  }

  public var graph: Graph { flatValues.graph }
}
