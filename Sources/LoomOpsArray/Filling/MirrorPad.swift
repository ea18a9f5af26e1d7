public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// How far a reflection begins from the edge: `REFLECT` leaves the edge itself out.
private func reflectionOffset(_ attributes: Attributes) throws(StatusError) -> Int {
  try attributes.string("mode") == "REFLECT" ? 1 : 0
}

/// A tensor inside a border of its own reflections.
public enum MirrorPad: OpDeclaration {
  public static let signature = OpSignature(
    "MirrorPad", inputs: ["input: T", "paddings: Tpaddings"], outputs: ["output: T"],
    attributes: [
      "T: type", "Tpaddings: {int32, int64} = int32", "mode: {'REFLECT', 'SYMMETRIC'}",
    ])
  public static let shapes = ShapeFunction.padded
  public static let gradient = GradientRule.dense { context in
    let mode = try context.attributes.bytes("mode")
    let inputs = [try context.upstream(0), try context.input(1)]
    return [try context.build("MirrorPadGrad", inputs, ["mode": .string(mode)]), nil]
  }
  public static let kernels = KernelTable { construction in
    let offset = try reflectionOffset(construction.attributes)
    return ClosureKernel { context in
      let input = try context.input(0)
      let paddings = try Paddings(context.input(1), rank: input.shape.rank, input: input.shape)
      try check(paddings, input.shape, offset)
      let shape = try paddings.applied(to: input.shape)
      if shape == input.shape {
        try context.setOutput(0, input)
        return
      }
      let output = try context.allocate(0, dtype: input.dtype, shape: shape)
      try paddings.copy(input, into: output, context.workers)
      try reflect(output, input.shape, paddings, offset, context.workers)
    }
  }

  fileprivate static func check(
    _ paddings: Paddings, _ shape: Shape, _ offset: Int
  ) throws(StatusError) {
    for index in 0..<shape.rank {
      let (before, after) = (paddings.before[index], paddings.after[index])
      guard Swift.max(before, after) > shape[index] - offset else { continue }
      throw .invalidArgument(
        offset == 1
          ? "paddings must be less than the dimension size: \(before), \(after) not less than "
            + "\(shape[index])"
          : "paddings must be no greater than the dimension size: \(before), \(after) greater than "
            + "\(shape[index])")
    }
  }

  /// Fills the border, innermost dimension first: each dimension reflects what the ones inside of it
  /// have completed.
  private static func reflect(
    _ output: AnyTensor, _ middle: Shape, _ paddings: Paddings, _ offset: Int,
    _ workers: WorkerPool
  ) throws(StatusError) {
    let strides = output.shape.strides
    var sizes = middle.sizes
    var begin = paddings.before
    for dimension in sizes.indices.reversed() {
      let (before, after) = (paddings.before[dimension], paddings.after[dimension])
      let first = begin[dimension]
      let last = first + sizes[dimension] - 1
      // Positions lie inside the output: paddings are at most the middle's size.
      func copy(_ count: Int, from source: Int, to target: Int) throws(StatusError) {
        var part = sizes
        part[dimension] = count
        var steps = strides
        steps[dimension] = -strides[dimension]
        var places = begin
        places[dimension] = 0
        let base = zip(places, strides).reduce(0) { $0 &+ $1.0 &* $1.1 }
        try StridedCopy(
          sizes: part, sourceStrides: steps, targetStrides: strides,
          sourceOffset: base &+ source &* strides[dimension],
          targetOffset: base &+ target &* strides[dimension]
        ).run(from: output, to: output, workers: workers)
      }
      try copy(before, from: first + offset + before - 1, to: 0)
      try copy(after, from: last - offset, to: last + 1)
      sizes[dimension] = output.shape[dimension]
      begin[dimension] = 0
    }
  }
}

/// The gradient of `MirrorPad`: the border's elements are added to those they reflect.
public enum MirrorPadGrad: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "MirrorPadGrad", inputs: ["input: T", "paddings: Tpaddings"], outputs: ["output: T"],
    attributes: [
      "T: type", "Tpaddings: {int32, int64} = int32", "mode: {'REFLECT', 'SYMMETRIC'}",
    ])
  public static let shapes = ShapeFunction { context in
    let paddings = try context.requireRank(1, 2).merged(with: [nil, 2])
    guard let rank = try ShapeContext.same(paddings[0], context.input(0).rank) else { return }
    let input = try context.requireRank(0, rank)
    guard let values = try context.constant(1)?.integers(), values.count == 2 * rank else {
      context.setOutput(0, .unknown(rank: rank))
      return
    }
    var sizes: [Int?] = []
    for index in 0..<rank {
      let (before, after) = (values[2 * index], values[2 * index + 1])
      guard before >= 0, after >= 0 else {
        throw StatusError.invalidArgument("Paddings must be non-negative: \(before) \(after)")
      }
      sizes.append(
        try ShapeContext.subtract(ShapeContext.subtract(input[index], before), after))
    }
    context.setOutput(0, PartialShape(sizes))
  }
  public static let gradient = GradientRule.dense { context in
    let mode = try context.attributes.bytes("mode")
    let inputs = [try context.upstream(0), try context.input(1)]
    return [try context.build("MirrorPad", inputs, ["mode": .string(mode)]), nil]
  }
  public static let kernels = KernelTable.numeric(MirrorPadGrad.self)

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(MirrorPadGradKernel<Scalar>(construction))
  }
}

private final class MirrorPadGradKernel<Scalar: NumericScalar>: Kernel {
  private let offset: Int

  init(_ construction: KernelConstruction) throws(StatusError) {
    offset = try reflectionOffset(construction.attributes)
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try context.input(0)
    let paddings = try Paddings(context.input(1), rank: input.shape.rank, input: input.shape)
    var sizes: [Int] = []
    for index in 0..<input.shape.rank {
      guard let border = Checked.add(paddings.before[index], paddings.after[index]),
        border <= input.shape[index]
      else {
        throw .invalidArgument("Paddings of dimension \(index) exceed its size")
      }
      sizes.append(input.shape[index] - border)
    }
    let shape = try Shape(sizes)
    try MirrorPad.check(paddings, shape, offset)
    let strides = input.shape.strides
    let folded = try fold(input, paddings, context.budget)
    let output = try context.allocate(0, dtype: input.dtype, shape: shape)
    let start = zip(paddings.before, strides).reduce(0) { $0 &+ $1.0 &* $1.1 }
    try StridedCopy(
      sizes: sizes, sourceStrides: strides, targetStrides: shape.strides, sourceOffset: start
    ).run(from: folded, to: output, workers: context.workers)
  }

  /// A copy of `input` with each border added to what it reflects, outermost dimension first.
  private func fold(
    _ input: AnyTensor, _ paddings: Paddings, _ budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    var copy = try MutableTensor<Scalar>(shape: input.shape, budget: budget)
    let source = try input.span(of: Scalar.self)
    var span = copy.mutableSpan
    for index in source.indices { span[index] = source[index] }
    let rank = input.shape.rank
    for dimension in 0..<rank {
      let (before, after) = (paddings.before[dimension], paddings.after[dimension])
      let size = input.shape[dimension]
      let inner = input.shape.count(in: dimension + 1..<rank)
      let last = size - after - 1
      for outer in 0..<input.shape.count(in: 0..<dimension) {
        for step in 0..<before + after {
          let isBefore = step < before
          let from = isBefore ? step : last + 1 + (step - before)
          let to = isBefore ? 2 * before - 1 - step + offset : last - (step - before) - offset
          let (a, b) = ((outer &* size &+ from) &* inner, (outer &* size &+ to) &* inner)
          for index in 0..<inner {
            span[b &+ index] = Scalar.wrappingAdd(span[b &+ index], span[a &+ index])
          }
        }
      }
    }
    return copy.finish()
  }
}

/// How ``mirrorPad(_:_:mode:name:)`` reflects.
public enum MirrorMode: String, Sendable {
  /// The edge itself is not repeated.
  case reflect = "REFLECT"
  /// The edge is repeated.
  case symmetric = "SYMMETRIC"
}

/// The tensor inside a border of its own reflections.
///
/// - SeeAlso: TensorFlow op `MirrorPad`.
public func mirrorPad<Scalar: TensorScalar>(
  _ input: Output<Scalar>, _ paddings: [(before: Int, after: Int)], mode: MirrorMode,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "MirrorPad", inputs: [input.erased, input.graph.matrix(paddings)],
      attributes: ["mode": .string(ByteString(mode.rawValue))], name: name
    ).output(0))
}
