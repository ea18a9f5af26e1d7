import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// A list without elements, which pushing fills.
enum EmptyTensorList: OpDeclaration {
  static let signature = OpSignature(
    "EmptyTensorList", inputs: ["element_shape: shape_type", "max_num_elements: int32"],
    outputs: ["handle: variant"], attributes: ["element_dtype: type", "shape_type: {int32, int64}"])
  static let shapes = TensorListReserve.shapes
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("element_dtype").base
    return ClosureKernel { context in
      let limit = try context.input(1)
      guard limit.shape.isScalar else {
        throw StatusError.invalidArgument(
          "max_num_elements expected to be a scalar but got shape: \(limit.shape)")
      }
      let shape = try context.elementShape(0)
      let most = try context.scalar(1, of: Int32.self)
      // -1 is "no limit"; what is less was never one either.
      try context.setList(
        0, TensorList(.init(dtype: dtype, shape: shape, limit: Int(Swift.max(most, -1)))))
    }
  }
}

/// A list of a given number of unset elements.
enum TensorListReserve: OpDeclaration {
  static let signature = OpSignature(
    "TensorListReserve", inputs: ["element_shape: shape_type", "num_elements: int32"],
    outputs: ["handle: variant"], attributes: ["element_dtype: type", "shape_type: {int32, int64}"])
  static let shapes = ShapeFunction { context in
    context.setList(0, try context.elementType(), try context.elementShape(0))
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("element_dtype").base
    return ClosureKernel { context in
      let shape = try context.elementShape(0)
      let size = try context.input(1)
      guard size.shape.isScalar else {
        throw StatusError.invalidArgument(
          "The num_elements to reserve must be a tensor size 1, but got \(size.shape)")
      }
      let count = Int(try context.scalar(1, of: Int32.self))
      guard count >= 0 else {
        throw StatusError.invalidArgument(
          "The num_elements to reserve must be a non negative number, but got \(count)")
      }
      try context.setList(0, TensorList(.init(dtype: dtype, shape: shape), count: count))
    }
  }
}

/// The list cut off at a size, or with unset elements added up to it.
enum TensorListResize: OpDeclaration {
  static let signature = OpSignature(
    "TensorListResize", inputs: ["input_handle: variant", "size: int32"],
    outputs: ["output_handle: variant"])
  static let shapes = ShapeFunction { context in
    try context.requireRank(1, 0)
    context.setOutput(0, .scalar)
    if let components = context.handle(0), components.count == 1 {
      context.setHandle(0, components)
    }
  }
  static let gradient = GradientRule.dense { context in
    let length = try context.length(of: context.input(0))
    return [try context.build("TensorListResize", [context.upstream(0), length]), nil]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    guard try context.input(1).shape.isScalar else {
      throw StatusError.invalidArgument("size must be a scalar")
    }
    let size = Int(try context.scalar(1, of: Int32.self))
    guard size >= 0 else {
      throw StatusError.invalidArgument(
        "TensorListSlice expects size to be non-negative. Got: \(size)")
    }
    try context.changeList { list in list.resize(to: size) }
  }
}

/// The number of elements.
enum TensorListLength: OpDeclaration {
  static let signature = OpSignature(
    "TensorListLength", inputs: ["input_handle: variant"], outputs: ["length: int32"])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.notDifferentiable(because: "a length is an integer")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    try context.setScalar(0, Int32(clamping: context.list(0).count))
  }
}

/// What is known of the shapes of elements: -1 for unknown sizes, a scalar -1 if nothing is known.
enum TensorListElementShape: OpDeclaration {
  static let signature = OpSignature(
    "TensorListElementShape", inputs: ["input_handle: variant"],
    outputs: ["element_shape: shape_type"], attributes: ["shape_type: {int32, int64}"])
  static let shapes = ShapeFunction { context in
    guard let components = context.handle(0), components.count == 1,
      let rank = components[0].shape.rank
    else { return }
    context.setOutput(0, [rank])
  }
  static let gradient = GradientRule.notDifferentiable(because: "a shape is made of integers")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { construction in
    let isWide = try construction.attributes.type("shape_type").base == .int64
    return ClosureKernel { context in
      let sizes = try context.list(0).element.shape.sizes?.map { $0 ?? -1 }
      let shape = sizes.map { Shape(vector: $0.count) } ?? .scalar
      let values = sizes ?? [-1]
      try context.setOutput(
        0,
        isWide
          ? AnyTensor(values.map(Int64.init), shape: shape)
          : AnyTensor(values.map { Int32(clamping: $0) }, shape: shape))
    }
  }
}

/// The elements of one list followed by those of another, for each pair of lists in two tensors.
enum TensorListConcatLists: OpDeclaration {
  static let signature = OpSignature(
    "TensorListConcatLists", inputs: ["input_a: variant", "input_b: variant"],
    outputs: ["output: variant"], attributes: ["element_dtype: type"])
  static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.input(0).merged(with: context.input(1)))
    let dtype = try context.elementType()
    var shape: PartialShape?
    for index in 0..<2 {
      guard let component = context.handle(index)?.first else { continue }
      guard component.dtype == dtype else {
        throw StatusError.invalidArgument(
          "input_\(index == 0 ? "a" : "b").type != element_dtype: \(component.dtype) vs. \(dtype)")
      }
      shape = try shape?.merged(with: component.shape) ?? component.shape
    }
    context.setHandle(0, [.init(dtype: dtype, shape: shape ?? .unknown)])
  }
  static let gradient = GradientRule.notDifferentiable(because: "it joins lists of gradients")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("element_dtype").base
    return ClosureKernel { context in
      let (first, second) = (try context.input(0), try context.input(1))
      guard first.shape == second.shape else {
        throw StatusError.invalidArgument(
          "Incompatible input TensorList tensor shapes: \(first.shape) vs. \(second.shape)")
      }
      if first.shape.isScalar {
        let added = try checked(context.list(0), context.list(1), dtype, 0)
        return try context.changeList { (list) throws(StatusError) in
          try list.append(contentsOf: added)
        }
      }
      var lists = try first.scalars(of: Variant.self)
      for (index, variant) in try second.scalars(of: Variant.self).enumerated() {
        var list = try lists[index].list()
        try list.append(contentsOf: checked(list, variant.list(), dtype, index))
        lists[index].value = list
      }
      try context.setOutput(0, AnyTensor(lists, shape: first.shape))
    }
  }

  /// The second list, if it may follow the first.
  private static func checked(
    _ a: TensorList, _ b: TensorList, _ dtype: DType, _ index: Int
  ) throws(StatusError) -> TensorList {
    for (name, list) in [("a", a), ("b", b)] where list.element.dtype != dtype {
      throw .invalidArgument(
        "input_\(name)[\(index)].dtype != element_dtype.  Saw: \(list.element.dtype) vs. \(dtype)")
    }
    guard a.element.shape == b.element.shape else {
      throw .invalidArgument(
        "input_a and input_b TensorList element shapes are not identical at index \(index).  Saw "
          + "\(a.element.shape) vs. \(b.element.shape)")
    }
    return b
  }
}
