import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// One element; zeros if it is unset and a shape is known.
enum TensorListGetItem: OpDeclaration {
  static let signature = OpSignature(
    "TensorListGetItem",
    inputs: ["input_handle: variant", "index: int32", "element_shape: Tshape"],
    outputs: ["item: element_dtype"],
    attributes: ["element_dtype: type", "Tshape: {int32, int64} = int32"])
  static let shapes = ShapeFunction { context in
    let elements = try context.elements(0, of: context.elementType())
    context.setOutput(0, try elements.shape.merged(with: context.elementShape(2)))
  }
  static let gradient = GradientRule.dense { context in
    let item = try context.upstream(0)
    let zero = try context.reserved(like: context.input(0), item.dtype.base)
    return [
      try context.build("TensorListSetItem", [zero, context.input(1), item]), nil, nil,
    ]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable(where: ["element_dtype": .everything]) { construction in
    GetItemKernel(try construction.attributes.type("element_dtype").base)
  }
}

private final class GetItemKernel: Kernel {
  let dtype: DType

  init(_ dtype: DType) { self.dtype = dtype }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let list = try context.list(0, of: dtype)
    let index = Int(try context.scalar(1, of: Int32.self))
    guard index >= 0, index < list.count else {
      throw .invalidArgument(
        "Trying to access element \(index) in a list with \(list.count) elements.")
    }
    if let tensor = list[index] { return try context.setOutput(0, tensor) }
    var shape = try context.elementShape(2, of: list)
    // What other elements look like tells the shape of one that is unset.
    if !shape.isFullyDefined {
      try list.forEachSet { (_, tensor) throws(StatusError) in
        shape = try merge(shape, PartialShape(tensor.shape))
      }
    }
    guard let known = shape.fullyDefined else {
      throw .invalidArgument(
        "Trying to read an uninitialized tensor but element_shape is not fully defined: \(shape) "
          + "and no list element is set.")
    }
    try context.setZeros(0, dtype, known)
  }
}

/// The list with one element replaced.
enum TensorListSetItem: OpDeclaration {
  static let signature = OpSignature(
    "TensorListSetItem",
    inputs: ["input_handle: variant", "index: int32", "item: element_dtype"],
    outputs: ["output_handle: variant"],
    attributes: ["element_dtype: type", "resize_if_index_out_of_bounds: bool = false"])
  static let shapes = ShapeFunction { context in
    guard let components = context.handle(0), components.count == 1 else {
      return context.setList(0, try context.elementType(), .unknown)
    }
    _ = try context.input(2).merged(with: components[0].shape)
    context.setOutput(0, .scalar)
    context.setHandle(0, components)
  }
  static let gradient = GradientRule.dense { context in
    let gradient = try context.upstream(0)
    let (index, item) = (try context.input(1), try context.input(2))
    var list = try context.build(
      "TensorListSetItem", [gradient, index, context.zerosLike(item)])
    if try context.attributes.bool("resize_if_index_out_of_bounds") {
      let length = try context.length(of: context.input(0))
      list = try context.build("TensorListResize", [list, length])
    }
    let element = try context.build(
      "TensorListGetItem", [gradient, index, context.shape(item)],
      ["element_dtype": .type(item.dtype.base)])
    return [list, nil, element]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { construction in
    SetItemKernel(
      try construction.attributes.type("element_dtype").base,
      resizes: try construction.attributes.bool("resize_if_index_out_of_bounds"))
  }
}

private final class SetItemKernel: Kernel {
  let dtype: DType
  let resizes: Bool

  init(_ dtype: DType, resizes: Bool) {
    self.dtype = dtype
    self.resizes = resizes
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let index = try context.int32(1, "The index of a list's element")
    let item = try context.input(2)
    let (dtype, resizes) = (dtype, resizes)
    try context.changeList { (list) throws(StatusError) in
      guard list.element.dtype == dtype else { throw list.element.isNot(dtype) }
      guard index >= 0, resizes || index < list.count else {
        throw .invalidArgument(
          "Trying to modify element \(index) in a list with \(list.count) elements.")
      }
      guard list.element.shape.isCompatible(with: item.shape) else {
        throw .invalidArgument(
          "Tried to set a tensor with incompatible shape at a list index. Item element shape: "
            + "\(item.shape) list shape: \(list.element.shape)")
      }
      if index >= list.count { list.resize(to: index + 1) }
      try list.set(index, to: item)
    }
  }
}

/// The list with an element added at its end.
enum TensorListPushBack: OpDeclaration {
  static let signature = OpSignature(
    "TensorListPushBack", inputs: ["input_handle: variant", "tensor: element_dtype"],
    outputs: ["output_handle: variant"], attributes: ["element_dtype: type"])
  static let shapes = ShapeFunction { context in
    let dtype = try context.elementType()
    context.setList(0, dtype, try context.elements(0, of: dtype).shape)
  }
  static let gradient = GradientRule.dense { context in
    let dtype = try context.attributes.type("element_dtype")
    let outputs = try context.buildAll(
      "TensorListPopBack", [context.upstream(0), context.shape(context.input(1))],
      ["element_dtype": .type(dtype)])
    return [outputs[0], outputs[1]]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { construction in
    PushBackKernel(try construction.attributes.type("element_dtype").base)
  }
}

private final class PushBackKernel: Kernel {
  let dtype: DType

  init(_ dtype: DType) { self.dtype = dtype }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let dtype = dtype
    let tensor = try context.input(1)
    guard tensor.dtype == dtype else {
      throw .invalidArgument(
        "Invalid data types; list elements \(dtype) but tried to append \(tensor.dtype)")
    }
    try context.changeList { (list) throws(StatusError) in
      guard list.element.shape.isCompatible(with: tensor.shape) else {
        throw .invalidArgument(
          "Tried to append a tensor with incompatible shape to a list. Op element shape: "
            + "\(tensor.shape) list shape: \(list.element.shape)")
      }
      guard list.element.dtype == dtype else { throw list.element.isNot(dtype) }
      guard list.element.limit < 0 || list.count < list.element.limit else {
        throw .invalidArgument(
          "Tried to push item into a full list list size: \(list.count) max_num_elements: "
            + "\(list.element.limit)")
      }
      try list.append(tensor)
    }
  }
}

/// The list without its last element, and that element.
enum TensorListPopBack: OpDeclaration {
  static let signature = OpSignature(
    "TensorListPopBack", inputs: ["input_handle: variant", "element_shape: int32"],
    outputs: ["output_handle: variant", "tensor: element_dtype"],
    attributes: ["element_dtype: type"])
  static let shapes = ShapeFunction { context in
    let dtype = try context.elementType()
    let elements = try context.elements(0, of: dtype)
    context.setOutput(0, .scalar)
    if elements.isKnown { context.setHandle(0, [.init(dtype: dtype, shape: elements.shape)]) }
    context.setOutput(1, elements.shape)
  }
  static let gradient = GradientRule.dense { context in
    [
      try context.build("TensorListPushBack", [context.upstream(0), context.upstream(1)]), nil,
    ]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable(where: ["element_dtype": .everything]) { construction in
    PopBackKernel(try construction.attributes.type("element_dtype").base)
  }
}

private final class PopBackKernel: Kernel {
  let dtype: DType

  init(_ dtype: DType) { self.dtype = dtype }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let dtype = dtype
    var last: AnyTensor?
    var element: TensorList.ElementType?
    try context.changeList { (list) throws(StatusError) in
      guard list.element.dtype == dtype else { throw list.element.isNot(dtype) }
      guard !list.isEmpty else {
        throw .invalidArgument("Trying to pop from an empty list.")
      }
      element = list.element
      last = list.removeLast()
    }
    if let last { return try context.setOutput(1, last) }
    let shape = try merge(context.elementShape(1), element?.shape ?? .unknown)
    guard let known = shape.fullyDefined else {
      throw .invalidArgument(
        "Trying to read an uninitialized tensor but element_shape is not fully defined.\(shape)")
    }
    try context.setZeros(1, dtype, known)
  }
}
