public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let maskAttributes = [
  "begin_mask: int = 0", "end_mask: int = 0", "ellipsis_mask: int = 0", "new_axis_mask: int = 0",
  "shrink_axis_mask: int = 0",
]

extension StridedSliceSpecification {
  /// The part of `shape` that inputs `first`, `first + 1` and `first + 2` describe.
  fileprivate init(
    _ context: borrowing KernelContext, of shape: Shape, first: Int, masks: Masks
  ) throws(StatusError) {
    let (begin, end, strides) = (
      try context.input(first), try context.input(first + 1), try context.input(first + 2)
    )
    guard begin.shape.rank == 1, end.shape == begin.shape, strides.shape == begin.shape else {
      throw .invalidArgument(
        "Expected begin, end, and strides to be 1D equal size tensors, but got shapes "
          + "\(begin.shape), \(end.shape), and \(strides.shape) instead.")
    }
    try self.init(
      sizes: shape.sizes, begin: begin.integers(), end: end.integers(),
      strides: strides.integers(), masks: masks)
  }

  /// Sizes of the part with shrunk axes kept at 1; all are known at run time.
  fileprivate var processedSizes: [Int] { processed.map { $0 ?? 0 } }

  fileprivate func resultShape() throws(StatusError) -> Shape {
    try Shape(result.map { $0 ?? 0 })
  }

  /// Where the part's first element lies in a tensor of the given shape, and the steps between its
  /// elements.
  fileprivate func walk(_ shape: Shape) -> (offset: Int, strides: [Int]) {
    // Positions lie inside the tensor unless the part is empty, and then nothing is walked.
    let steps = shape.strides
    let offset = zip(begin, steps).reduce(0) { $0 &+ $1.0 &* $1.1 }
    return (offset, zip(strides, steps).map { $0 &* $1 })
  }
}

/// A part of a tensor by begin, end and stride per dimension.
public enum StridedSlice: OpDeclaration {
  public static let signature = OpSignature(
    "StridedSlice", inputs: ["input: T", "begin: Index", "end: Index", "strides: Index"],
    outputs: ["output: T"],
    attributes: ["T: type", "Index: {int16, int32, int64}"] + maskAttributes)
  public static let shapes = ShapeFunction { context in
    let found = try StridedSliceSpecification.inferred(context, of: context.input(0), first: 1)
    if let found { context.setOutput(0, PartialShape(found.result)) }
    context.setHandle(0, context.handle(0))
  }
  public static let gradient = GradientRule.dense { context in
    let begin = try context.input(1)
    let shape = try context.shape(context.input(0), as: begin.dtype.base)
    let inputs = [shape, begin, try context.input(2), try context.input(3)]
    return [
      try context.build("StridedSliceGrad", inputs + [context.upstream(0)], masks(context)), nil,
      nil, nil,
    ]
  }
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    guard context.inputShapes[0].rank == 1, let values = context.inputs[0],
      let steps = context.inputs[3]
    else { return nil }
    let strides = steps.compactMap { $0 }
    guard strides.count == steps.count else { return nil }
    let unknown = [Int?](repeating: nil, count: strides.count)
    let part = try StridedSliceSpecification(
      sizes: [values.count], begin: context.inputs[1] ?? unknown, end: context.inputs[2] ?? unknown,
      strides: strides, masks: .init(context.attributes))
    guard part.result.count <= 1, let count = part.processed[0], part.begin[0] >= 0 || count == 0
    else { return nil }
    return (0..<count).map { values[part.begin[0] + $0 * part.strides[0]] }
  }
  public static let kernels = KernelTable { construction in
    let masks = try StridedSliceSpecification.Masks(construction.attributes)
    return ClosureKernel { context in
      let input = try context.input(0)
      let part = try StridedSliceSpecification(context, of: input.shape, first: 1, masks: masks)
      let shape = try part.resultShape()
      if part.isIdentity {
        try context.setOutput(0, input.reshaped(to: shape))
        return
      }
      if part.cutsOnlyRows, let first = part.begin.first {
        let count = part.processedSizes[0]
        try context.setRows(
          0, of: input, count == 0 ? 0..<0 : first..<first + count, shape: shape)
        return
      }
      let output = try context.allocate(0, dtype: input.dtype, shape: shape)
      let (offset, strides) = part.walk(input.shape)
      let sizes = part.processedSizes
      try StridedCopy(
        sizes: sizes, sourceStrides: strides, targetStrides: Shape(sizes).strides,
        sourceOffset: offset
      ).run(from: input, to: output, workers: context.workers)
    }
  }

  /// The masks of a forward op, for another op of the family.
  fileprivate static func masks(_ context: GradientContext) -> [String: AttributeValue] {
    let names = ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"]
    return context.attributes.values.filter { names.contains($0.key) }
  }
}

/// Zeros of a given shape with a tensor in a part of it: the gradient of `StridedSlice`.
public enum StridedSliceGrad: OpDeclaration {
  public static let signature = OpSignature(
    "StridedSliceGrad",
    inputs: ["shape: Index", "begin: Index", "end: Index", "strides: Index", "dy: T"],
    outputs: ["output: T"],
    attributes: ["T: type", "Index: {int32, int64}"] + maskAttributes)
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.shapeValue(0))
  }
  public static let gradient = GradientRule.dense { context in
    let inputs = [
      try context.upstream(0), try context.input(1), try context.input(2), try context.input(3),
    ]
    return [
      nil, nil, nil, nil, try context.build("StridedSlice", inputs, StridedSlice.masks(context)),
    ]
  }
  public static let kernels = KernelTable { construction in
    let masks = try StridedSliceSpecification.Masks(construction.attributes)
    return ClosureKernel { context in
      let sizes = try context.input(0)
      guard sizes.shape.rank == 1 else {
        throw StatusError.invalidArgument("shape must be 1-D, got shape.shape = \(sizes.shape)")
      }
      let shape = try Shape(sizes.integers())
      let part = try StridedSliceSpecification(context, of: shape, first: 1, masks: masks)
      let update = try context.input(4)
      guard try update.shape == part.resultShape() else {
        throw StatusError.invalidArgument(
          "shape of dy was \(update.shape) instead of \(try part.resultShape())")
      }
      let mover = try context.mover(0, dtype: update.dtype, shape: shape)
      mover.zeroAll()
      try put(update, into: mover.target, part, context.workers)
    }
  }

  /// Writes `update` into a part of `target`; a size of 1 in `update` repeats.
  fileprivate static func put(
    _ update: AnyTensor, into target: AnyTensor, _ part: StridedSliceSpecification,
    _ workers: WorkerPool
  ) throws(StatusError) {
    let (offset, strides) = part.walk(target.shape)
    let result = try part.resultShape()
    let steps = update.shape.strides
    let lead = result.rank - update.shape.rank
    // Dimensions of the target that have no counterpart in the result have size 1.
    var sourceStrides = [Int](repeating: 0, count: strides.count)
    for (index, origin) in part.origins.enumerated() where index >= lead {
      guard let origin else { continue }
      sourceStrides[origin] = update.shape[index - lead] == 1 ? 0 : steps[index - lead]
    }
    try StridedCopy(
      sizes: part.processedSizes, sourceStrides: sourceStrides, targetStrides: strides,
      targetOffset: offset
    ).run(from: update, to: target, workers: workers)
  }
}

/// A tensor with a part of it replaced.
public enum TensorStridedSliceUpdate: OpDeclaration {
  public static let signature = OpSignature(
    "TensorStridedSliceUpdate",
    inputs: ["input: T", "begin: Index", "end: Index", "strides: Index", "value: T"],
    outputs: ["output: T"],
    attributes: ["T: type", "Index: {int32, int64}"] + maskAttributes)
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, context.input(0))
    context.setHandle(0, context.handle(0))
  }
  public static let gradient = GradientRule.dense { context in
    let (begin, end) = (try context.input(1), try context.input(2))
    let strides = try context.input(3)
    let masks = StridedSlice.masks(context)
    let upstream = try context.upstream(0)
    let part = try context.build("StridedSlice", [upstream, begin, end, strides], masks)
    let rest = try context.build(
      "TensorStridedSliceUpdate", [upstream, begin, end, strides, context.zerosLike(part)], masks)
    let valueShape = try context.shape(context.input(4))
    let axes = try context.buildAll(
      "BroadcastGradientArgs", [context.shape(part), valueShape])[1]
    let value = try context.reshape(
      context.sum(part, axes, keepingDimensions: true), valueShape)
    return [rest, nil, nil, nil, value]
  }
  public static let kernels = KernelTable { construction in
    let masks = try StridedSliceSpecification.Masks(construction.attributes)
    return ClosureKernel { context in
      let input = try context.input(0)
      let part = try StridedSliceSpecification(context, of: input.shape, first: 1, masks: masks)
      let value = try context.input(4)
      let result = try part.resultShape()
      let lead = result.rank - value.shape.rank
      guard lead >= 0,
        (0..<value.shape.rank).allSatisfy({
          value.shape[$0] == 1 || value.shape[$0] == result[$0 + lead]
        })
      else {
        throw StatusError.invalidArgument(
          "Cannot assign a value of shape \(value.shape) to a slice of shape \(result)")
      }
      let mover = try context.mover(0, dtype: input.dtype, shape: input.shape)
      try mover.copyAll(input)
      try StridedSliceGrad.put(value, into: mover.target, part, context.workers)
    }
  }
}

/// The elements `begin ..< end` in steps of `strides` of each dimension; negative positions count from
/// the end, and ranges beyond the end are cut off.
///
/// - Parameter shrinking: Dimensions that are left out of the result: only the element at `begin` is
///   taken.
/// - Throws: ``StatusError/Code/invalidArgument`` if a stride is 0 or a shrunk position is outside.
/// - SeeAlso: TensorFlow op `StridedSlice`.
public func stridedSlice<Scalar: TensorScalar>(
  _ input: Output<Scalar>, from begin: [Int], to end: [Int], strides: [Int]? = nil,
  shrinking: Set<Int> = [], name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  let steps = strides ?? begin.map { _ in 1 }
  let mask = shrinking.reduce(0) { $1 >= 0 && $1 < 32 ? $0 | 1 << $1 : $0 }
  let graph = input.graph
  return try Output(
    graph.addOperation(
      "StridedSlice",
      inputs: [
        input.erased, graph.indices(begin).erased, graph.indices(end).erased,
        graph.indices(steps).erased,
      ],
      attributes: ["shrink_axis_mask": .int(Int64(mask))], name: name
    ).output(0))
}
