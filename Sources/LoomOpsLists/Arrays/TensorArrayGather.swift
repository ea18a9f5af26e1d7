import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

// MARK: Gather

/// Elements of an array as one tensor with a new first dimension.
protocol TensorArrayGathering: OpDeclaration {
  static var generation: HandleGeneration { get }
}

extension TensorArrayGathering {
  static func declared() -> OpSignature {
    generation.signature(
      "TensorArrayGather", inputs: ["indices: int32", "flow_in: float"], outputs: ["value: dtype"],
      attributes: ["dtype: type", "element_shape: shape = unknown_rank"])
  }

  static var shapes: ShapeFunction {
    let generation = generation
    return ShapeFunction { context in
      guard generation != .first else { return }
      try context.requirePair(0)
      let indices = try context.requireRank(1, 1)
      try context.requireRank(2, 0)
      guard generation == .third else { return }
      let element = try context.handle(0)?.first?.shape ?? context.attributes.shape("element_shape")
      context.setOutput(0, indices.concatenated(with: element))
    }
  }

  static var gradient: GradientRule {
    let generation = generation
    return .dense { context in
      let flow = try context.writing(flow: 2, generation) { (array, gradient) throws(StatusError) in
        try array.op("TensorArrayScatter", [context.input(1), gradient])
      }
      return [nil, nil, flow]
    }
  }

  static var properties: OpProperties { OpProperties(isFoldable: false) }

  static var kernels: KernelTable {
    KernelTable(where: ["dtype": .joinedElements.union([.variant])]) { construction in
      try GatherKernel(construction) { (context, _) throws(StatusError) in
        let indices = try context.input(1)
        guard indices.shape.rank == 1 else {
          throw .invalidArgument(
            "Expected indices to be a vector, but received shape: \(indices.shape)")
        }
        return try indices.integers()
      }
    }
  }
}

enum TensorArrayGather: TensorArrayGathering {
  static let generation = HandleGeneration.first
  static let signature = declared()
}

enum TensorArrayGatherV2: TensorArrayGathering {
  static let generation = HandleGeneration.second
  static let signature = declared()
}

enum TensorArrayGatherV3: TensorArrayGathering {
  static let generation = HandleGeneration.third
  static let signature = declared()
}

/// All elements of an array as one tensor.
enum TensorArrayPack: OpDeclaration {
  static let signature = HandleGeneration.first.signature(
    "TensorArrayPack", inputs: ["flow_in: float"], outputs: ["value: dtype"],
    attributes: ["dtype: type", "element_shape: shape = unknown_rank"])
  static let shapes = ShapeFunction.unknown
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable(
    where: ["dtype": .joinedElements.union([.variant])]
  ) { construction in
    try GatherKernel(construction) { (_, array) throws(StatusError) in
      try array.packedIndices()
    }
  }
}

private final class GatherKernel: Kernel {
  let dtype: DType
  let elementShape: PartialShape
  let indices: @Sendable (borrowing KernelContext, TensorArrayState) throws(StatusError) -> [Int]

  init(
    _ construction: KernelConstruction,
    indices:
      @escaping @Sendable (borrowing KernelContext, TensorArrayState) throws(StatusError)
      -> [Int]
  ) throws(StatusError) {
    dtype = try construction.attributes.type("dtype").base
    elementShape = try construction.attributes.shape("element_shape")
    self.indices = indices
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let array = try context.tensorArray(of: dtype)
    try array.mergeShape(elementShape)
    let indices = try indices(context, array)
    guard !indices.isEmpty else {
      guard let shape = elementShape.fullyDefined else {
        throw .unimplemented(
          "TensorArray has size zero, but element shape \(elementShape) is not fully defined. "
            + "Currently only static shapes are supported when packing zero-size TensorArrays.")
      }
      _ = try context.allocate(0, dtype: dtype, shape: shape.prefixed(by: 0))
      return
    }
    let tensors = try array.read(indices, budget: context.budget)
    let shape = tensors[0].shape
    guard elementShape.isCompatible(with: shape) else {
      throw .invalidArgument(
        "TensorArray was passed element_shape \(elementShape) which does not match the Tensor at "
          + "index 0: \(shape)")
    }
    if shape.elementCount > 0 {
      for (index, tensor) in tensors.enumerated() where tensor.shape != shape {
        throw .invalidArgument(
          "TensorArray has inconsistent shapes.  Index 0 has shape: \(shape) but index \(index) has "
            + "shape: \(tensor.shape)")
      }
    }
    try context.join(
      0, dtype, shape.prefixed(by: tensors.count), count: tensors.count,
      length: { _ in shape.elementCount }, tensor: { tensors[$0] })
  }
}

// MARK: Scatter

/// Makes the rows of a tensor elements of an array.
protocol TensorArrayScattering: OpDeclaration {
  static var generation: HandleGeneration { get }
}

extension TensorArrayScattering {
  static func declared() -> OpSignature {
    generation.signature(
      "TensorArrayScatter", inputs: ["indices: int32", "value: T", "flow_in: float"],
      outputs: ["flow_out: float"], attributes: ["T: type"], withdrawn: 19)
  }

  static var shapes: ShapeFunction {
    let generation = generation
    return ShapeFunction { context in
      guard generation != .first else { return }
      try context.requirePair(0)
      let indices = try context.requireRank(1, 1)
      try context.requireRank(3, 0)
      if generation == .third {
        let value = try context.requireRank(2, atLeast: 1)
        _ = try ShapeContext.merge(indices[0], value[0])
        if let element = context.handle(0)?.first {
          _ = try element.shape.merged(with: value.withoutFirst())
        }
      }
      context.setOutput(0, .scalar)
    }
  }

  static var gradient: GradientRule {
    let generation = generation
    return .dense { context in
      let dtype = try context.attributes.type("T").base
      let (gradient, flow) = try context.reading(generation) { (array) throws(StatusError) in
        try array.op("TensorArrayGather", [context.input(1)], ["dtype": .type(dtype)])
      }
      return [nil, nil, gradient, flow]
    }
  }

  static var properties: OpProperties { OpProperties(isFoldable: false) }

  static var kernels: KernelTable {
    KernelTable(where: ["T": .arrayElements]) { _ in ScatterKernel() }
  }
}

enum TensorArrayScatter: TensorArrayScattering {
  static let generation = HandleGeneration.first
  static let signature = declared()
}

enum TensorArrayScatterV2: TensorArrayScattering {
  static let generation = HandleGeneration.second
  static let signature = declared()
}

enum TensorArrayScatterV3: TensorArrayScattering {
  static let generation = HandleGeneration.third
  static let signature = declared()
}

/// Makes all rows of a tensor the elements of an array.
enum TensorArrayUnpack: OpDeclaration {
  static let signature = HandleGeneration.first.signature(
    "TensorArrayUnpack", inputs: ["value: T", "flow_in: float"], outputs: ["flow_out: float"],
    attributes: ["T: type"], withdrawn: 20)
  static let shapes = ShapeFunction.unknown
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable(where: ["T": .arrayElements]) { _ in
    ClosureKernel { context in
      let array = try context.tensorArray()
      let value = try array.rows(context.input(1))
      let count = value.shape[0]
      var (size, isDynamic) = try array.extent()
      if isDynamic { size = Swift.max(size, count) }
      guard count == size else {
        throw StatusError.invalidArgument(
          "Input value must have first dimension equal to the array size (\(count) vs. \(size))")
      }
      try array.markSize(size)
      try array.writeRows(value, Array(0..<count), budget: context.budget)
      try context.forward(2, to: 0)
    }
  }
}

private final class ScatterKernel: Kernel {
  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let array = try context.tensorArray()
    let value = try array.rows(context.input(2))
    let places = try context.input(1)
    guard places.shape.rank == 1 else {
      throw .invalidArgument(
        "Expected indices to be a vector, but received shape: \(places.shape)")
    }
    guard places.elementCount == value.shape[0] else {
      throw .invalidArgument(
        "Expected len(indices) == values.shape[0], but saw: \(places.elementCount) vs. "
          + "\(value.shape[0])")
    }
    let indices = try places.integers()
    let highest = indices.max() ?? -1
    let (size, isDynamic) = try array.extent()
    guard isDynamic || highest < size else {
      throw .invalidArgument(
        "Max scatter index must be < array size (\(highest) vs. \(size))")
    }
    try array.writeRows(value, indices, budget: context.budget)
    try context.forward(3, to: 0)
  }
}

extension TensorArrayState {
  /// Checks that the rows of a tensor can be elements.
  fileprivate func rows(_ value: AnyTensor) throws(StatusError) -> AnyTensor {
    guard value.dtype == dtype else { throw isNot(value.dtype, "is trying to write dtype") }
    guard value.shape.rank > 0 else {
      throw .invalidArgument(
        "Input value for unpack must be at least a vector but received shape: \(value.shape)")
    }
    guard value.shape[0] < Int(Int32.max) else {
      throw .invalidArgument("tensor dim0 too large to unpack")
    }
    try ListLimit.check(value.shape[0])
    return value
  }

  fileprivate func writeRows(
    _ value: AnyTensor, _ indices: [Int], budget: MemoryBudget
  ) throws(StatusError) {
    let shape = try value.rowShape
    try write(indices, budget: budget) { (place) throws(StatusError) in
      try value.row(place, shape: shape)
    }
  }
}
