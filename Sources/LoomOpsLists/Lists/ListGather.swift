import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Some elements as one tensor with a new first dimension.
enum TensorListGather: OpDeclaration {
  static let signature = OpSignature(
    "TensorListGather",
    inputs: ["input_handle: variant", "indices: int32", "element_shape: int32"],
    outputs: ["values: element_dtype"], attributes: ["element_dtype: type"])
  static let shapes = ShapeFunction { context in
    let elements = try context.elements(0, of: context.elementType())
    let shape = try elements.shape.merged(with: context.elementShape(2))
    context.setOutput(0, context.input(1).concatenated(with: shape))
  }
  static let gradient = GradientRule.dense { context in
    let gradient = try context.upstream(0)
    let zero = try context.reserved(like: context.input(0), gradient.dtype.base)
    let list = try context.build(
      "TensorListScatterIntoExistingList", [zero, gradient, context.input(1)])
    return [list, nil, nil]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable(where: ["element_dtype": .everything]) { construction in
    let dtype = try construction.attributes.type("element_dtype").base
    return ClosureKernel { context in
      let list = try context.list(0, of: dtype)
      let indices = try context.input(1).integers()
      var shape = try context.elementShape(2, of: list)
      guard shape.isFullyDefined || !indices.isEmpty else {
        throw StatusError.invalidArgument(
          "Tried to gather 0-elements from a list with non-fully-defined shape: \(shape)")
      }
      for index in indices {
        guard index >= 0, index < list.count else {
          throw StatusError.invalidArgument(
            "Index \(index) out o range; list only has \(list.count) elements.")
        }
        if let tensor = list[index] { shape = try merge(shape, tensor.shape) }
      }
      guard let element = shape.fullyDefined else {
        throw StatusError.invalidArgument(
          "Tried to gather uninitialized tensors from a list with non-fully-defined "
            + "element_shape: \(shape)")
      }
      try context.join(
        0, dtype, element.prefixed(by: indices.count), count: indices.count,
        length: { _ in element.elementCount }, tensor: { list[indices[$0]] })
    }
  }
}

/// A list with the rows of a tensor at given indices.
enum TensorListScatterV2: OpDeclaration {
  static let signature = OpSignature(
    "TensorListScatterV2",
    inputs: [
      "tensor: element_dtype", "indices: int32", "element_shape: shape_type",
      "num_elements: int32",
    ], outputs: ["output_handle: variant"],
    attributes: ["element_dtype: type", "shape_type: {int32, int64}"])
  static let shapes = TensorListScatter.shapes
  static let gradient = GradientRule.dense { context in
    [try gathered(context, tensor: 0, indices: 1), nil, nil, nil]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = TensorListScatter.kernels
}

/// The same with as many elements as the highest index asks for.
enum TensorListScatter: OpDeclaration {
  static let signature = OpSignature(
    "TensorListScatter",
    inputs: ["tensor: element_dtype", "indices: int32", "element_shape: shape_type"],
    outputs: ["output_handle: variant"],
    attributes: ["element_dtype: type", "shape_type: {int32, int64}"])
  static let shapes = ShapeFunction { context in
    context.setList(0, try context.elementType(), try context.elementShape(2))
  }
  static let gradient = GradientRule.dense { context in
    [try gathered(context, tensor: 0, indices: 1), nil, nil]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable(where: ["element_dtype": .everything]) { _ in
    ClosureKernel { context in
      let indices = try context.input(1).integers()
      let shape = try context.elementShape(2)
      var size = -1
      if context.inputCount > 3 { size = Int(try context.scalar(3, of: Int32.self)) }
      guard size >= -1 else {
        throw StatusError.invalidArgument(
          "TensorListScatter expects num_elements >= -1, found: \(size)")
      }
      let tensor = try context.input(0)
      let (count, row) = try TensorListFromTensor.rows(of: tensor, shape)
      guard indices.count == count else {
        throw StatusError.invalidArgument(
          "Invalid number of rows in input tensor. Expected: \(indices.count) Actual: \(count)")
      }
      for index in indices {
        guard index >= 0 else {
          throw StatusError.invalidArgument(
            "Indices in TensorListScatter must all be non-negative.")
        }
        guard size == -1 || index < size else {
          throw StatusError.invalidArgument(
            "TensorListScatter: Trying to scatter at index \(index) in list with size \(size)")
        }
      }
      var list = TensorList(
        .init(dtype: tensor.dtype, shape: shape), count: Swift.max((indices.max() ?? -1) + 1, size))
      try list.scatter(tensor, row, at: indices)
      try context.setList(0, list)
    }
  }
}

/// The list with the rows of a tensor at given indices, extended where they are beyond its end.
enum TensorListScatterIntoExistingList: OpDeclaration {
  static let signature = OpSignature(
    "TensorListScatterIntoExistingList",
    inputs: ["input_handle: variant", "tensor: element_dtype", "indices: int32"],
    outputs: ["output_handle: variant"], attributes: ["element_dtype: type"])
  static let shapes = ShapeFunction { context in
    try context.requireRank(1, atLeast: 1)
    try context.requireRank(2, 1)
    let dtype = try context.elementType()
    context.setList(0, dtype, try context.elements(0, of: dtype).shape)
  }
  static let gradient = GradientRule.dense { context in
    let (gradient, tensor) = (try context.upstream(0), try context.input(1))
    let rows = try gathered(context, tensor: 1, indices: 2)
    let list = try context.build(
      "TensorListScatterIntoExistingList",
      [gradient, context.zerosLike(tensor), context.input(2)])
    return [list, rows, nil]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable(where: ["element_dtype": .everything]) { _ in
    ClosureKernel { context in
      let (tensor, places) = (try context.input(1), try context.input(2))
      try context.changeList { (list) throws(StatusError) in
        guard tensor.dtype == list.element.dtype else {
          throw .invalidArgument(
            "Invalid data types; input tensor type: \(tensor.dtype) list element_type: "
              + "\(list.element.dtype)")
        }
        let (count, row) = try TensorListFromTensor.rows(of: tensor, .unknown)
        guard places.shape.rank == 1 else {
          throw .invalidArgument(
            "Expected indices to be a vector, but received shape: \(places.shape)")
        }
        let indices = try places.integers()
        guard indices.count == count else {
          throw .invalidArgument(
            "Expected len(indices) == tensor.shape[0], but saw: \(indices.count) vs. \(count)")
        }
        guard indices.allSatisfy({ $0 >= 0 }) else {
          throw .invalidArgument("Indices in TensorListScatter must all be non-negative.")
        }
        list.resize(to: Swift.max(list.count, (indices.max() ?? -1) + 1))
        try list.scatter(tensor, row, at: indices)
      }
    }
  }
}

extension TensorList {
  /// Makes the rows of a tensor the elements at `indices`, which the caller has checked.
  fileprivate mutating func scatter(
    _ tensor: AnyTensor, _ row: Shape, at indices: [Int]
  ) throws(StatusError) {
    for (place, index) in indices.enumerated() {
      try set(index, to: tensor.row(place, shape: row))
    }
  }
}

/// The gradients of the rows that an op put into its list.
private func gathered(
  _ context: GradientContext, tensor: Int, indices: Int
) throws -> AnyOutput {
  let tensor = try context.input(tensor)
  return try context.build(
    "TensorListGather",
    [context.upstream(0), context.input(indices), context.rowShape(of: tensor)],
    ["element_dtype": .type(tensor.dtype.base)])
}
