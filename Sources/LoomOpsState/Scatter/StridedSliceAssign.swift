import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

private let attributes = [
  "T: type", "Index: {int32, int64}", "begin_mask: int = 0", "end_mask: int = 0",
  "ellipsis_mask: int = 0", "new_axis_mask: int = 0", "shrink_axis_mask: int = 0",
]

/// Replaces a part of a reference variable.
enum StridedSliceAssign: OpDeclaration {
  static let signature = OpSignature(
    "StridedSliceAssign",
    inputs: ["ref: Ref(T)", "begin: Index", "end: Index", "strides: Index", "value: T"],
    outputs: ["output_ref: Ref(T)"], attributes: attributes)
  static let shapes = ShapeFunction { context in
    _ = try StridedSliceSpecification.inferred(context, of: context.variableShape(0), first: 1)
    context.setOutput(0, context.input(0))
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable { try StridedSliceAssignKernel($0) }
}

/// Replaces a part of a resource variable.
enum ResourceStridedSliceAssign: OpDeclaration {
  static let signature = OpSignature(
    "ResourceStridedSliceAssign",
    inputs: ["ref: resource", "begin: Index", "end: Index", "strides: Index", "value: T"],
    attributes: attributes, isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.checkHandle(0, is: context.inputTypes[4].base)
    _ = try StridedSliceSpecification.inferred(context, of: context.variableShape(0), first: 1)
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable { try StridedSliceAssignKernel($0) }
}

private final class StridedSliceAssignKernel: Kernel {
  let isReference: Bool
  let masks: StridedSliceSpecification.Masks

  init(_ construction: KernelConstruction) throws(StatusError) {
    isReference = construction.inputTypes.first?.isReference ?? false
    masks = try StridedSliceSpecification.Masks(construction.attributes)
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let cell = try context.variable(0, isReference: isReference)
    let (begin, end, strides) = (try context.input(1), try context.input(2), try context.input(3))
    let value = try context.input(4)
    guard begin.shape.rank == 1, end.shape == begin.shape, strides.shape == begin.shape else {
      throw .invalidArgument(
        "Expected begin, end, and strides to be 1D equal size tensors, but got shapes "
          + "\(begin.shape), \(end.shape), and \(strides.shape) instead.")
    }
    let (budget, workers, masks) = (context.budget, context.workers, self.masks)
    try cell.change(isReference: isReference) { (locked) throws(StatusError) in
      let part = try StridedSliceSpecification(
        sizes: locked.shape(0).sizes, begin: begin.integers(), end: end.integers(),
        strides: strides.integers(), masks: masks)
      let copy = try StridedSliceAssignKernel.copy(value.shape, into: part, of: locked.shape(0))
      guard locked[0]?.dtype == value.dtype else {
        throw .invalidArgument("Expected a variable of \(value.dtype)")
      }
      try copy.run(from: value, to: locked.writable(budget: budget)[0], workers: workers)
    }
    if isReference { try context.setReference(0, cell) }
  }

  /// The walk that writes a value of shape `value` into a part of a variable; sizes of 1 repeat.
  private static func copy(
    _ value: Shape, into part: StridedSliceSpecification, of variable: Shape
  ) throws(StatusError) -> StridedCopy {
    let result = part.result.map { $0 ?? 0 }
    let lead = result.count - value.rank
    let fits = (0..<value.rank).allSatisfy {
      value[$0] == 1 || (lead + $0 >= 0 && value[$0] == result[lead + $0])
    }
    guard lead >= 0, fits else {
      throw .invalidArgument(
        "Cannot assign a value of shape \(value) to a slice of shape \(try Shape(result))")
    }
    let steps = variable.strides
    let valueSteps = value.strides
    var sourceStrides = [Int](repeating: 0, count: steps.count)
    for (index, origin) in part.origins.enumerated() where index >= lead {
      guard let origin, value[index - lead] != 1 else { continue }
      sourceStrides[origin] = valueSteps[index - lead]
    }
    // Positions lie inside the variable unless the part is empty, and then nothing is walked.
    return StridedCopy(
      sizes: part.processed.map { $0 ?? 0 }, sourceStrides: sourceStrides,
      targetStrides: zip(part.strides, steps).map { $0 &* $1 },
      targetOffset: zip(part.begin, steps).reduce(0) { $0 &+ $1.0 &* $1.1 })
  }
}
