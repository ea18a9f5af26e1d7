import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// An array of tensors that lives for one step.
enum TensorArrayV3: OpDeclaration {
  static let signature = OpSignature(
    "TensorArrayV3", inputs: ["size: int32"], outputs: ["handle: resource", "flow: float"],
    attributes: [
      "dtype: type", "element_shape: shape = unknown_rank", "dynamic_size: bool = false",
      "clear_after_read: bool = true", "identical_element_shapes: bool = false",
      "tensor_array_name: string = \"\"",
    ], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    context.setOutput(0, [2])
    context.setOutput(1, .scalar)
    let shape = try context.attributes.shape("element_shape")
    if try shape.isFullyDefined || context.attributes.bool("identical_element_shapes") {
      context.setHandle(
        0, [.init(dtype: try context.attributes.type("dtype").base, shape: shape)])
    }
  }
  static let gradient = GradientRule.notDifferentiable(because: arrayReason)
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { construction in try TensorArrayKernel(construction) }
}

private let arrayReason = "gradients flow through the reads and writes of an array"

/// The same with the array's name as its handle.
enum TensorArrayV2: OpDeclaration {
  static let signature = OpSignature(
    "TensorArrayV2", inputs: ["size: int32"], outputs: ["handle: string"],
    attributes: [
      "dtype: type", "element_shape: shape = unknown_rank", "dynamic_size: bool = false",
      "clear_after_read: bool = true", "tensor_array_name: string = \"\"",
    ], isStateful: true, deprecatedSince: 26)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    context.setOutput(0, [2])
  }
  static let gradient = GradientRule.notDifferentiable(because: arrayReason)
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = TensorArrayV3.kernels
}

/// The same with a reference to the array's name.
enum TensorArrayV1: OpDeclaration {
  static let signature = OpSignature(
    "TensorArray", inputs: ["size: int32"], outputs: ["handle: Ref(string)"],
    attributes: [
      "dtype: type", "dynamic_size: bool = false", "clear_after_read: bool = true",
      "tensor_array_name: string = \"\"", "element_shape: shape = unknown_rank",
    ], isStateful: true, deprecatedSince: 16)
  static let shapes = ShapeFunction.unknown
  static let gradient = GradientRule.notDifferentiable(because: arrayReason)
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = TensorArrayV3.kernels
}

/// Makes an array in every run.
private final class TensorArrayKernel: Kernel {
  let name: String
  let options: TensorArrayState.Options
  let handle: DType

  init(_ construction: KernelConstruction) throws(StatusError) {
    let attributes = construction.attributes
    let name = try attributes.string("tensor_array_name")
    self.name = name.isEmpty ? construction.nodeName : name
    var options = TensorArrayState.Options(dtype: try attributes.type("dtype").base)
    options.elementShape = try attributes.shape("element_shape")
    options.isDynamic = try attributes.bool("dynamic_size")
    options.clearsAfterRead = try attributes.bool("clear_after_read")
    if attributes["identical_element_shapes"] != nil {
      options.hasIdenticalShapes = try attributes.bool("identical_element_shapes")
    }
    self.options = options
    handle = construction.outputTypes.first ?? .resource
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let size = try context.int32(0, "TensorArray size")
    guard size >= 0 else { throw .invalidArgument("Size should be >= 0.") }
    let name = "\(name)_\(context.services.stepResources.nextNumber())"
    try context.setArray(
      TensorArrayState(name: name, size: size, stepID: context.services.stepID, options), handle,
      container: "_tensor_arrays")
  }
}

extension KernelContext {
  /// Makes output 0 a handle of `array`, and output 1, if there is one, a flow.
  fileprivate func setArray(
    _ array: TensorArrayState, _ handle: DType, container: String
  ) throws(StatusError) {
    switch handle {
    case .resource:
      try setHandle(
        0, array, name: container + array.name, type: "N10tensorflow11TensorArrayE")
    case .string:
      try setOutput(0, keep(array, container: container, name: array.name))
    default:
      let pair = try keep(array, container: container, name: array.name)
      try setReference(0, VariableCell(name: array.name, dtype: .string, value: pair))
    }
    if outputCount > 1 { try setScalar(1, Float(0)) }
  }

  /// The array that handle input 0 stands for.
  func tensorArray() throws(StatusError) -> TensorArrayState {
    try stepResource(TensorArrayState.self, 0, kind: "TensorArray")
  }

  /// The array that handle input 0 stands for, which an op of another dtype must not read.
  func tensorArray(of dtype: DType) throws(StatusError) -> TensorArrayState {
    let array = try tensorArray()
    guard array.dtype == dtype else { throw array.isNot(dtype, "requested dtype") }
    return array
  }
}

extension TensorArrayState {
  @inline(never)
  func isNot(_ dtype: DType, _ use: String) -> StatusError {
    .invalidArgument("TensorArray dtype is \(self.dtype) but Op \(use) \(dtype).")
  }
}

// MARK: Gradients

/// The array that collects the gradients of another one for one call of `gradients`, named by `source`.
enum TensorArrayGradV3: OpDeclaration {
  static let signature = OpSignature(
    "TensorArrayGradV3", inputs: ["handle: resource", "flow_in: float"],
    outputs: ["grad_handle: resource", "flow_out: float"], attributes: ["source: string"],
    isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requirePair(0)
    context.setOutput(0, [2])
    context.setOutput(1, .scalar)
    context.setHandle(0, context.handle(0))
  }
  static let gradient = GradientRule.notDifferentiable(because: arrayReason)
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { construction in
    let source = try construction.attributes.string("source")
    let handle = construction.outputTypes.first ?? .resource
    return ClosureKernel { context in
      var prefix: Shape?
      if context.inputCount > 2 {
        let sizes = try context.input(2)
        guard sizes.shape.rank == 1 else {
          throw StatusError.invalidArgument(
            "shape must be a vector of {int32,int64}, got shape \(sizes.shape)")
        }
        prefix = try Shape(sizes.integers())
      }
      let array = try context.tensorArray().gradient(source: source, prefix: prefix)
      try context.setArray(array, handle, container: "_tensor_array_grads")
    }
  }
}

/// The same for gradients that have more dimensions than the elements.
enum TensorArrayGradWithShape: OpDeclaration {
  static let signature = OpSignature(
    "TensorArrayGradWithShape",
    inputs: ["handle: resource", "flow_in: float", "shape_to_prepend: int32"],
    outputs: ["grad_handle: resource", "flow_out: float"], attributes: ["source: string"],
    isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requirePair(0)
    context.setOutput(0, [2])
    context.setOutput(1, .scalar)
    guard let component = context.handle(0)?.first else { return }
    var prefix = PartialShape.unknown
    if let rank = context.input(2)[0], rank <= Shape.maximumRank {
      prefix = .unknown(rank: rank)
    }
    context.setHandle(
      0, [.init(dtype: component.dtype, shape: prefix.concatenated(with: component.shape))])
  }
  static let gradient = GradientRule.notDifferentiable(because: arrayReason)
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = TensorArrayGradV3.kernels
}

/// The same for arrays of the second generation.
enum TensorArrayGradV2: OpDeclaration {
  static let signature = OpSignature(
    "TensorArrayGradV2", inputs: ["handle: string", "flow_in: float"],
    outputs: ["grad_handle: string"], attributes: ["source: string"], isStateful: true,
    deprecatedSince: 26)
  static let shapes = ShapeFunction { context in
    try context.requirePair(0)
    context.setOutput(0, [2])
  }
  static let gradient = GradientRule.notDifferentiable(because: arrayReason)
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = TensorArrayGradV3.kernels
}

/// The same for arrays of the first generation.
enum TensorArrayGrad: OpDeclaration {
  static let signature = OpSignature(
    "TensorArrayGrad", inputs: ["handle: string", "flow_in: float"],
    outputs: ["grad_handle: Ref(string)"], attributes: ["source: string"], isStateful: true,
    deprecatedSince: 16)
  static let shapes = ShapeFunction.unknown
  static let gradient = GradientRule.notDifferentiable(because: arrayReason)
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = TensorArrayGradV3.kernels
}
