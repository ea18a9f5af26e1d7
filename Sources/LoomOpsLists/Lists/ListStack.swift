import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// All elements as one tensor with a new first dimension.
enum TensorListStack: OpDeclaration {
  static let signature = OpSignature(
    "TensorListStack", inputs: ["input_handle: variant", "element_shape: int32"],
    outputs: ["tensor: element_dtype"],
    attributes: ["element_dtype: type", "num_elements: int = -1"])
  static let shapes = ShapeFunction { context in
    let elements = try context.elements(0, of: context.elementType())
    let shape = try elements.shape.merged(with: context.elementShape(1))
    let count = try context.attributes.int("num_elements")
    context.setOutput(
      0, PartialShape([count < 0 ? nil : count]).concatenated(with: shape))
  }
  static let gradient = GradientRule.dense { context in
    let tensor = try context.upstream(0)
    return [
      try context.build("TensorListFromTensor", [tensor, context.rowShape(of: tensor)]), nil,
    ]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable(where: ["element_dtype": .everything]) { construction in
    let dtype = try construction.attributes.type("element_dtype").base
    let expected = try construction.attributes.int("num_elements")
    return ClosureKernel { context in
      let list = try context.list(0, of: dtype)
      guard expected == -1 || list.count == expected else {
        throw StatusError.invalidArgument(
          "Operation expected a list with \(expected) elements but got a list with \(list.count) "
            + "elements.")
      }
      var shape = try context.elementShape(1, of: list)
      guard shape.isFullyDefined || !list.isEmpty else {
        throw StatusError.invalidArgument(
          "Tried to stack elements of an empty list with non-fully-defined element_shape: \(shape)")
      }
      try list.forEachSet { (_, tensor) throws(StatusError) in
        shape = try merge(shape, tensor.shape)
      }
      guard let element = shape.fullyDefined else {
        throw StatusError.invalidArgument(
          "Tried to stack list which only contains uninitialized tensors and has a "
            + "non-fully-defined element_shape: \(shape)")
      }
      try context.join(
        0, dtype, element.prefixed(by: list.count), count: list.count,
        length: { _ in element.elementCount }, tensor: { list[$0] })
    }
  }
}

/// A list of the rows of a tensor.
enum TensorListFromTensor: OpDeclaration {
  static let signature = OpSignature(
    "TensorListFromTensor", inputs: ["tensor: element_dtype", "element_shape: shape_type"],
    outputs: ["output_handle: variant"],
    attributes: ["element_dtype: type", "shape_type: {int32, int64}"])
  static let shapes = ShapeFunction { context in
    let shape = try context.elementShape(1)
    _ = try context.input(0).withoutFirst().merged(with: shape)
    context.setList(0, try context.elementType(), shape)
  }
  static let gradient = GradientRule.dense { context in
    let tensor = try context.input(0)
    let stacked = try context.build(
      "TensorListStack", [context.upstream(0), context.rowShape(of: tensor)],
      [
        "element_dtype": .type(tensor.dtype.base),
        "num_elements": .int(Int64(tensor.shape[0] ?? -1)),
      ])
    return [stacked, nil]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable(where: ["element_dtype": .everything]) { _ in
    ClosureKernel { context in
      let shape = try context.elementShape(1)
      let tensor = try context.input(0)
      let (count, row) = try rows(of: tensor, shape)
      var elements: [AnyTensor?] = []
      elements.reserveCapacity(count)
      for index in 0..<count { elements.append(try tensor.row(index, shape: row)) }
      try context.setList(
        0, TensorList(.init(dtype: tensor.dtype, shape: shape), elements))
    }
  }

  /// How many rows a tensor has, and their shape.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if they can't be elements of shape `shape`.
  static func rows(
    of tensor: AnyTensor, _ shape: PartialShape
  ) throws(StatusError) -> (count: Int, shape: Shape) {
    guard tensor.shape.rank > 0 else {
      throw .invalidArgument("Tensor must be at least a vector, but saw shape: \(tensor.shape)")
    }
    let row = try tensor.rowShape
    guard shape.isCompatible(with: row) else {
      throw .invalidArgument("Specified a list with shape \(shape) from a tensor with shape \(row)")
    }
    try ListLimit.check(tensor.shape[0])
    return (tensor.shape[0], row)
  }
}

/// Each list of a vector of lists with a row of the tensor added at its end.
enum TensorListPushBackBatch: OpDeclaration {
  static let signature = OpSignature(
    "TensorListPushBackBatch", inputs: ["input_handles: variant", "tensor: element_dtype"],
    outputs: ["output_handles: variant"], attributes: ["element_dtype: type"])
  static let shapes = ShapeFunction { context in
    let lists = try context.requireRank(0, 1)
    let tensor = try context.requireRank(1, atLeast: 1)
    context.setOutput(0, [try ShapeContext.merge(lists[0], tensor[0])])
    let dtype = try context.elementType()
    let elements = try context.elements(0, of: dtype)
    context.setHandle(0, [.init(dtype: dtype, shape: elements.shape)])
  }
  static let gradient = GradientRule.notDifferentiable(because: "TensorFlow defines it so")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable(where: ["element_dtype": .everything]) { construction in
    let dtype = try construction.attributes.type("element_dtype").base
    return ClosureKernel { context in
      let (handles, tensor) = (try context.input(0), try context.input(1))
      guard tensor.shape.rank > 0 else {
        throw StatusError.invalidArgument(
          "Expected tensor to be at least a vector, but saw shape: \(tensor.shape)")
      }
      guard handles.shape.rank == 1 else {
        throw StatusError.invalidArgument(
          "Expected input_handles to be a vector, but saw shape: \(handles.shape)")
      }
      guard tensor.shape[0] == handles.elementCount else {
        throw StatusError.invalidArgument(
          "Expected tensor.shape[0] == input_handles.size, but saw \(tensor.shape[0]) vs. "
            + "\(handles.elementCount)")
      }
      let row = try tensor.rowShape
      var lists = try handles.scalars(of: Variant.self)
      for index in lists.indices {
        var list = try lists[index].list()
        guard list.element.shape.isCompatible(with: row) else {
          throw StatusError.invalidArgument(
            "Tried to append a tensor with incompatible shape to a list at index \(index). Op "
              + "element shape: \(row) list shape: \(list.element.shape)")
        }
        guard list.element.dtype == dtype else { throw list.element.isNot(dtype) }
        try list.append(tensor.row(index, shape: row))
        lists[index].value = list
      }
      try context.setOutput(0, AnyTensor(lists, shape: handles.shape))
    }
  }
}
