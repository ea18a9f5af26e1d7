import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

// MARK: Concat

/// All elements of an array one after the other along their first dimension, and how long each was.
protocol TensorArrayConcatenating: OpDeclaration {
  static var generation: HandleGeneration { get }
}

extension TensorArrayConcatenating {
  static func declared() -> OpSignature {
    generation.signature(
      "TensorArrayConcat", inputs: ["flow_in: float"], outputs: ["value: dtype", "lengths: int64"],
      attributes: ["dtype: type", "element_shape_except0: shape = unknown_rank"], second: nil)
  }

  static var shapes: ShapeFunction {
    let generation = generation
    return ShapeFunction { context in
      guard generation != .first else { return }
      try context.requirePair(0)
      try context.requireRank(1, 0)
      context.setOutput(1, [nil])
    }
  }

  static var gradient: GradientRule {
    let generation = generation
    return .dense { context in
      let flow = try context.writing(flow: 1, generation) { (array, gradient) throws(StatusError) in
        try array.op("TensorArraySplit", [gradient, context.output(1)])
      }
      return [nil, flow]
    }
  }

  static var properties: OpProperties { OpProperties(isFoldable: false) }

  static var kernels: KernelTable {
    KernelTable(where: ["dtype": .joinedElements]) { construction in
      ConcatKernel(
        try construction.attributes.type("dtype").base,
        try construction.attributes.shape("element_shape_except0"))
    }
  }
}

enum TensorArrayConcat: TensorArrayConcatenating {
  static let generation = HandleGeneration.first
  static let signature = declared()
}

enum TensorArrayConcatV2: TensorArrayConcatenating {
  static let generation = HandleGeneration.second
  static let signature = declared()
}

enum TensorArrayConcatV3: TensorArrayConcatenating {
  static let generation = HandleGeneration.third
  static let signature = declared()
}

private final class ConcatKernel: Kernel {
  let dtype: DType
  /// What is known of the shape of elements behind their first dimension.
  let rowShape: PartialShape

  init(_ dtype: DType, _ rowShape: PartialShape) {
    self.dtype = dtype
    self.rowShape = rowShape
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let array = try context.tensorArray(of: dtype)
    let indices = try array.packedIndices()
    let size = indices.count
    guard size > 0 else {
      guard let shape = rowShape.fullyDefined else {
        throw .unimplemented(
          "TensorArray has size zero, but element_shape_except0 \(rowShape) is not fully defined. "
            + "Currently only static shapes are supported when concatenating zero-size "
            + "TensorArrays.")
      }
      _ = try context.allocate(0, dtype: dtype, shape: shape.prefixed(by: 0))
      _ = try context.allocate(1, dtype: .int64, shape: Shape(vector: 0))
      return
    }
    let tensors = try array.read(indices, budget: context.budget)
    let (total, shape) = try extent(of: tensors)
    try context.join(
      0, dtype, shape.prefixed(by: total), count: size,
      length: { tensors[$0].elementCount }, tensor: { tensors[$0] })
    try context.setOutput(
      1, AnyTensor(tensors.map { Int64($0.shape[0]) }, shape: Shape(vector: size)))
  }

  /// The sum of the first sizes, and the shape of all rows.
  private func extent(of tensors: [AnyTensor]) throws(StatusError) -> (total: Int, row: Shape) {
    var total = 0
    var row = Shape.scalar
    for (index, tensor) in tensors.enumerated() {
      guard tensor.shape.rank > 0 else {
        throw .invalidArgument(
          "Concat saw a scalar shape at index \(index) but requires at least vectors.  Did you "
            + "mean to call pack?")
      }
      let shape = try tensor.rowShape
      if index == 0 {
        guard rowShape.isCompatible(with: shape) else {
          throw .invalidArgument(
            "TensorArray was passed element_shape_except0 \(rowShape) but index 0 has (excepting "
              + "dimension 0) shape: \(shape) which does not match.")
        }
        row = shape
      }
      guard shape == row else {
        throw .invalidArgument(
          "TensorArray has inconsistent shapes.  Index 0 has (excepting dimension 0) shape: \(row) "
            + "but index \(index) has (excepting dimension 0) shape: \(shape)")
      }
      guard let sum = Checked.add(total, tensor.shape[0]) else {
        throw .invalidArgument("The lengths of elements overflow")
      }
      total = sum
    }
    return (total, row)
  }
}

// MARK: Split

/// Makes parts of a tensor along its first dimension the elements of an array.
protocol TensorArraySplitting: OpDeclaration {
  static var generation: HandleGeneration { get }
}

extension TensorArraySplitting {
  static func declared() -> OpSignature {
    generation.signature(
      "TensorArraySplit", inputs: ["value: T", "lengths: int64", "flow_in: float"],
      outputs: ["flow_out: float"], attributes: ["T: type"])
  }

  static var shapes: ShapeFunction {
    let generation = generation
    return ShapeFunction { context in
      guard generation != .first else { return }
      try context.requirePair(0)
      try context.requireRank(2, 1)
      try context.requireRank(3, 0)
      context.setOutput(0, .scalar)
    }
  }

  static var gradient: GradientRule {
    let generation = generation
    return .dense { context in
      let dtype = try context.attributes.type("T").base
      let (gradient, flow) = try context.reading(generation) { (array) throws(StatusError) in
        try array.op("TensorArrayConcat", [], ["dtype": .type(dtype)])
      }
      return [nil, gradient, nil, flow]
    }
  }

  static var properties: OpProperties { OpProperties(isFoldable: false) }

  static var kernels: KernelTable {
    KernelTable(where: ["T": .arrayElements]) { _ in SplitKernel() }
  }
}

enum TensorArraySplit: TensorArraySplitting {
  static let generation = HandleGeneration.first
  static let signature = declared()
}

enum TensorArraySplitV2: TensorArraySplitting {
  static let generation = HandleGeneration.second
  static let signature = declared()
}

enum TensorArraySplitV3: TensorArraySplitting {
  static let generation = HandleGeneration.third
  static let signature = declared()
}

private final class SplitKernel: Kernel {
  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let array = try context.tensorArray()
    let (value, given) = (try context.input(1), try context.input(2))
    guard given.shape.rank == 1 else {
      throw .invalidArgument(
        "Expected lengths to be a vector, received shape: \(given.shape)")
    }
    let lengths = try given.integers()
    guard lengths.count < Int(Int32.max) else {
      throw .invalidArgument("Expected lengths to have < max int32 entries")
    }
    guard value.shape.rank > 0 else {
      throw .invalidArgument(
        "Expected value to be at least a vector, but received shape: \(value.shape)")
    }
    var starts = [0]
    for length in lengths {
      guard length >= 0, let end = Checked.add(starts[starts.count - 1], length) else {
        throw .invalidArgument("Invalid value in lengths: \(length)")
      }
      starts.append(end)
    }
    guard starts[lengths.count] == value.shape[0] else {
      throw .invalidArgument(
        "Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
          + "\(starts[lengths.count]) and value's shape is: \(value.shape)")
    }
    try ListLimit.check(lengths.count)
    var (size, isDynamic) = try array.extent()
    if isDynamic { size = Swift.max(size, lengths.count) }
    guard size == lengths.count else {
      throw .invalidArgument(
        "TensorArray's size is not equal to the size of lengths (\(size) vs. \(lengths.count)), "
          + "and the TensorArray is not marked as dynamically resizeable")
    }
    guard value.dtype == array.dtype else {
      throw array.isNot(value.dtype, "is trying to write dtype")
    }
    try array.markSize(size)
    try array.write(Array(0..<size), budget: context.budget) { (place) throws(StatusError) in
      try value.rows(starts[place]..<starts[place + 1])
    }
    try context.forward(3, to: 0)
  }
}
