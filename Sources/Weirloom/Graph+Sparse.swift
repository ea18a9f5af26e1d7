public import LoomCore
public import LoomGraph
import LoomOps

extension Graph {
  /// A sparse tensor to be fed; `nil` sizes accept any size.
  ///
  /// - SeeAlso: TensorFlow's `sparse_placeholder`.
  public func sparsePlaceholder<Scalar: TensorScalar>(
    _ type: Scalar.Type, shape: PartialShape = .unknown, name: String? = nil
  ) throws(StatusError) -> SparseOutput<Scalar> {
    let prefix = name.map { $0 + "/" } ?? ""
    let indices = try placeholder(
      Int64.self, shape: [nil, shape.rank], name: prefix + "indices")
    let values = try placeholder(type, shape: [nil], name: prefix + "values")
    let denseShape: Output<Int64> =
      if let known = shape.fullyDefined {
        try placeholder(
          withDefault: constant(known.sizes.map(Int64.init), name: prefix + "shape_value"),
          shape: [known.rank], name: prefix + "shape")
      } else {
        try placeholder(Int64.self, shape: [shape.rank], name: prefix + "shape")
      }
    return SparseOutput(indices: indices, values: values, denseShape: denseShape)
  }
}
