import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Crosses of feature columns, as texts or as hashes.
public enum SparseCross: OpDeclaration {
  public static let signature = OpSignature(
    "SparseCross",
    inputs: [
      "indices: N * int64", "values: sparse_types", "shapes: N * int64",
      "dense_inputs: dense_types",
    ],
    outputs: ["output_indices: int64", "output_values: out_type", "output_shape: int64"],
    attributes: [
      "N: int >= 0", "hashed_output: bool", "num_buckets: int >= 0", "hash_key: int",
      "sparse_types: list({int64, string}) >= 0", "dense_types: list({int64, string}) >= 0",
      "out_type: {int64, string}", "internal_type: {int64, string}",
    ])
  public static let shapes = ShapeFunction.cross
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    let attributes = construction.attributes
    let (sparse, dense) = try Cross.counts(construction)
    let buckets = UInt64(try attributes.int("num_buckets").magnitude)
    let key = UInt64(bitPattern: Int64(try attributes.int("hash_key")))
    let stringsOnly = try attributes.type("internal_type") == .string
    let isHashed = try attributes.type("out_type") == .int64
    return ClosureKernel { context in
      let columns = try CrossColumns(
        context, sparse: sparse, dense: dense, stringsOnly: stringsOnly)
      if isHashed {
        try Cross.compute(context, columns) { (row, choice) -> Int64 in
          var hash = key
          for (column, feature) in choice.enumerated() {
            hash = FarmHash.concatenated(hash, columns.number(column, row, feature))
          }
          return Cross.bucket(hash, buckets)
        }
      } else {
        try Cross.compute(context, columns) { (row, choice) -> ByteString in
          Cross.text(columns, row, choice, separator: Array("_X_".utf8))
        }
      }
    }
  }
}

/// Crosses of feature columns, as texts with a separator.
public enum SparseCrossV2: OpDeclaration {
  public static let signature = OpSignature(
    "SparseCrossV2",
    inputs: [
      "indices: N * int64", "values: sparse_types", "shapes: N * int64",
      "dense_inputs: dense_types", "sep: string",
    ],
    outputs: ["output_indices: int64", "output_values: string", "output_shape: int64"],
    attributes: [
      "N: int >= 0", "sparse_types: list({int64, string}) >= 0",
      "dense_types: list({int64, string}) >= 0",
    ])
  public static let shapes = ShapeFunction.cross
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    let (sparse, dense) = try Cross.counts(construction)
    return ClosureKernel { context in
      let columns = try CrossColumns(context, sparse: sparse, dense: dense, stringsOnly: false)
      let separator = try context.input(3 * sparse + dense)
      guard separator.shape.rank == 0 else {
        throw StatusError.invalidArgument(
          "Input separator should be a scalar. Received: \(separator.shape)")
      }
      let text: ByteString = try separator.element(0)
      try Cross.compute(context, columns) { (row, choice) -> ByteString in
        Cross.text(columns, row, choice, separator: text.bytes)
      }
    }
  }
}

/// Crosses of feature columns, as hashes.
public enum SparseCrossHashed: OpDeclaration {
  public static let signature = OpSignature(
    "SparseCrossHashed",
    inputs: [
      "indices: N * int64", "values: sparse_types", "shapes: N * int64",
      "dense_inputs: dense_types", "num_buckets: int64", "strong_hash: bool", "salt: int64",
    ],
    outputs: ["output_indices: int64", "output_values: int64", "output_shape: int64"],
    attributes: [
      "N: int >= 0", "sparse_types: list({int64, string}) >= 0",
      "dense_types: list({int64, string}) >= 0",
    ])
  public static let shapes = ShapeFunction.cross
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    let (sparse, dense) = try Cross.counts(construction)
    return ClosureKernel { context in
      let columns = try CrossColumns(context, sparse: sparse, dense: dense, stringsOnly: false)
      let first = 3 * sparse + dense
      let buckets: Int64 = try context.scalar(first)
      let isStrong: Bool = try context.scalar(first + 1)
      let salt = try context.input(first + 2)
      guard salt.elementCount == 2 else {
        throw StatusError.invalidArgument(
          "Input \"salt\" must have length 2 but has length \(salt.elementCount)")
      }
      let keys = try salt.scalars(of: Int64.self).map { UInt64(bitPattern: $0) }
      let key = isStrong ? (keys[0], keys[1]) : nil
      try Cross.compute(context, columns) { (row, choice) -> Int64 in
        var hash: UInt64 = 0
        for (column, feature) in choice.enumerated() {
          let next = columns.hash(column, row, feature, isSparse: column < sparse, key: key)
          hash = column == 0 ? next : FarmHash.concatenated(hash, next)
        }
        return Cross.bucket(hash, buckets > 0 ? UInt64(buckets) : 0)
      }
    }
  }
}

extension ShapeFunction {
  fileprivate static let cross = ShapeFunction { context in
    context.setOutput(0, [nil, 2])
    context.setOutput(1, [nil])
    context.setOutput(2, [2])
  }
}

private enum Cross {
  /// The numbers of sparse and dense columns of a node.
  static func counts(_ construction: KernelConstruction) throws(StatusError) -> (Int, Int) {
    let attributes = construction.attributes
    let sparse = try attributes.int("N")
    guard try attributes.types("sparse_types").count == sparse else {
      throw .invalidArgument("Expected \(sparse) input values")
    }
    return (sparse, try attributes.types("dense_types").count)
  }

  static func bucket(_ hash: UInt64, _ buckets: UInt64) -> Int64 {
    Int64(truncatingIfNeeded: hash % (buckets > 0 ? buckets : UInt64(Int64.max)))
  }

  static func text(
    _ columns: CrossColumns, _ row: Int, _ choice: [Int], separator: [UInt8]
  ) -> ByteString {
    var result: [UInt8] = []
    for (column, feature) in choice.enumerated() {
      if column > 0 { result += separator }
      result += columns.text(column, row, feature)
    }
    return ByteString(bytes: result)
  }

  static func compute<Value: TensorScalar>(
    _ context: borrowing KernelContext, _ columns: CrossColumns,
    _ value: (Int, [Int]) -> Value
  ) throws(StatusError) {
    var (total, widest) = (0, 0)
    for row in 0..<columns.batch {
      let count = try columns.crossCount(row)
      guard let sum = Checked.add(total, count) else {
        throw .invalidArgument("There are too many crosses")
      }
      (total, widest) = (sum, Swift.max(widest, count))
    }
    let indices = try context.allocate(0, dtype: .int64, shape: Shape([total, 2]))
    let values = try context.allocate(1, dtype: Value.dtype, shape: Shape(vector: total))
    var indexTensor = try MutableTensor<Int64>(exclusive: indices)
    var valueTensor = try MutableTensor<Value>(exclusive: values)
    var tuples = indexTensor.mutableSpan
    var crosses = valueTensor.mutableSpan
    var place = 0
    for row in 0..<columns.batch {
      try context.checkCancellation()
      let start = place
      try columns.forEachCross(row) { choice throws(StatusError) in
        guard place < total else { throw .internal("Crosses do not fit their output") }
        tuples[place &* 2] = Int64(row)
        tuples[place &* 2 &+ 1] = Int64(place - start)
        crosses[place] = value(row, choice)
        place += 1
      }
    }
    try context.setVector(2, [columns.batch, widest])
  }
}
