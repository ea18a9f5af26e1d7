public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// How a window moves along one dimension.
struct PatchWindow {
  let size: Int
  let stride: Int
  let rate: Int
  let isSame: Bool

  /// Elements between the window's first and last, both included.
  private var reach: Int? {
    Checked.multiply(size - 1, rate).flatMap { Checked.add($0, 1) }
  }

  /// The number of positions and what lies before the first element at position 0.
  func places(in length: Int) throws(StatusError) -> (count: Int, before: Int) {
    guard size > 0, stride > 0, rate > 0, let reach else {
      throw .invalidArgument("ksizes, strides and rates must be positive")
    }
    if isSame {
      let count = length / stride + (length % stride == 0 ? 0 : 1)
      guard count > 0, let last = Checked.multiply(count - 1, stride),
        let end = Checked.add(last, reach)
      else { return (count, 0) }
      return (count, Swift.max(end - length, 0) / 2)
    }
    guard length >= reach else {
      guard length > reach - stride else {
        throw .invalidArgument(
          "Computed output size would be negative: \((length - reach) / stride + 1)")
      }
      return (0, 0)
    }
    return ((length - reach) / stride + 1, 0)
  }

  func count(in length: Int?) throws(StatusError) -> Int? {
    guard let length else { return nil }
    return try places(in: length).count
  }

  /// The taps of the window at position `place` that lie inside, and where the first of them does.
  func taps(
    at place: Int, before: Int, length: Int
  ) -> (taps: Range<Int>, first: Int) {
    // Positions and reach were checked where `places(in:)` counted them.
    let start = place &* stride &- before
    let first = start >= 0 ? 0 : (-start - 1) / rate + 1
    let end = start >= length ? 0 : Swift.min((length - 1 - start) / rate + 1, size)
    return (first..<Swift.max(first, end), start &+ first &* rate)
  }
}

/// The windows over each of a tensor's spatial dimensions.
private struct PatchWindows {
  let windows: [PatchWindow]

  init(_ attributes: Attributes, rank: Int, op: String, hasRates: Bool) throws(StatusError) {
    let sizes = try attributes.ints("ksizes")
    let strides = try attributes.ints("strides")
    let rates = hasRates ? try attributes.ints("rates") : [Int](repeating: 1, count: rank)
    for (name, values) in [("ksizes", sizes), ("strides", strides), ("rates", rates)] {
      guard values.count == rank else {
        throw .invalidArgument(
          "\(op) requires the \(name) attribute to contain \(rank) values, but got: \(values.count)"
        )
      }
      guard values.first == 1, values.last == 1 else {
        throw .unimplemented(
          "Only support \(name) across space: batch and depth have to be 1")
      }
    }
    let isSame = try attributes.string("padding") == "SAME"
    windows = (1..<rank - 1).map {
      PatchWindow(size: sizes[$0], stride: strides[$0], rate: rates[$0], isSame: isSame)
    }
  }

  func infer(_ context: ShapeContext) throws(StatusError) {
    let rank = windows.count + 2
    var sizes = try context.requireRank(0, rank).sizes(rank: rank)
    for (index, window) in windows.enumerated() {
      sizes[index + 1] = try window.count(in: sizes[index + 1])
      sizes[rank - 1] = try ShapeContext.multiply(sizes[rank - 1], window.size)
    }
    context.setOutput(0, PartialShape(sizes))
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try context.input(0)
    let rank = windows.count + 2
    guard input.shape.rank == rank else {
      throw .invalidArgument("input must be \(rank)-dimensional\(input.shape)")
    }
    var sizes = input.shape.sizes
    let depth = sizes[rank - 1]
    var before: [Int] = []
    var patch = depth
    for (index, window) in windows.enumerated() {
      let places = try window.places(in: sizes[index + 1])
      sizes[index + 1] = places.count
      before.append(places.before)
      guard let product = Checked.multiply(patch, window.size) else {
        throw .invalidArgument("The size of a patch overflows")
      }
      patch = product
    }
    sizes[rank - 1] = patch
    let shape = try Shape(sizes)
    let mover = try context.mover(0, dtype: input.dtype, shape: shape)
    mover.zeroAll()
    guard input.elementCount > 0, shape.elementCount > 0 else { return }
    try copy(input, into: mover, before: before, depth: depth)
  }

  /// Copies each patch as runs along its last spatial dimension.
  private func copy(
    _ input: AnyTensor, into mover: ByteMover, before: [Int], depth: Int
  ) throws(StatusError) {
    let shape = mover.target.shape
    let strides = input.shape.strides
    let last = windows.count - 1
    let patch = shape[shape.rank - 1]
    // Elements of a patch behind one tap of each window.
    var tapStrides = [Int](repeating: depth, count: windows.count)
    for index in (0..<last).reversed() {
      tapStrides[index] = tapStrides[index + 1] &* windows[index + 1].size
    }
    var places = [Int](repeating: 0, count: windows.count)
    for number in 0..<shape.count(in: 0..<shape.rank - 1) {
      let image = number / shape.count(in: 1..<shape.rank - 1)
      let taps = windows.indices.map {
        windows[$0].taps(at: places[$0], before: before[$0], length: input.shape[$0 + 1])
      }
      if taps.allSatisfy({ !$0.taps.isEmpty }) {
        var offsets = [Int](repeating: 0, count: last)
        var isDone = false
        while !isDone {
          var from = image &* strides[0] &+ taps[last].first &* depth
          var to = number &* patch &+ taps[last].taps.lowerBound &* depth
          for index in 0..<last {
            let tap = taps[index].taps.lowerBound + offsets[index]
            from &+=
              (taps[index].first &+ offsets[index] &* windows[index].rate)
              &* strides[index + 1]
            to &+= tap &* tapStrides[index]
          }
          let count = taps[last].taps.count
          if windows[last].rate == 1 {
            try mover.copy(input, from: from, to: to, count: count &* depth)
          } else {
            try mover.copyRows(
              input, from: from, sourceStride: windows[last].rate &* depth, to: to,
              targetStride: depth, rows: count, count: depth)
          }
          isDone = !advance(&offsets, limits: taps.map(\.taps.count))
        }
      }
      _ = advance(&places, limits: windows.indices.map { shape[$0 + 1] })
    }
  }

  /// Steps to the next position, last dimension first; `false` after the last one.
  private func advance(_ position: inout [Int], limits: [Int]) -> Bool {
    for index in position.indices.reversed() {
      position[index] += 1
      if position[index] < limits[index] { return true }
      position[index] = 0
    }
    return false
  }
}

/// The patches under a window that moves over images, each as a vector.
public enum ExtractImagePatches: OpDeclaration {
  public static let signature = OpSignature(
    "ExtractImagePatches", inputs: ["images: T"], outputs: ["patches: T"],
    attributes: [
      "ksizes: list(int) >= 4", "strides: list(int) >= 4", "rates: list(int) >= 4",
      "T: {bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64, complex64, complex128, bool}",
      "padding: {'SAME', 'VALID'}",
    ])
  public static let shapes = ShapeFunction { context in
    try Self.windows(context.attributes).infer(context)
  }
  public static let gradient = GradientRule.dense { context in
    [try ExtractVolumePatches.patchGradient(context, spatialRank: 2)]
  }
  public static let kernels = KernelTable { construction in
    let windows = try Self.windows(construction.attributes)
    return ClosureKernel { context in try windows.compute(context) }
  }

  private static func windows(_ attributes: Attributes) throws(StatusError) -> PatchWindows {
    try PatchWindows(attributes, rank: 4, op: "ExtractImagePatches", hasRates: true)
  }
}

/// The patches under a window that moves over volumes, each as a vector.
public enum ExtractVolumePatches: OpDeclaration {
  public static let signature = OpSignature(
    "ExtractVolumePatches", inputs: ["input: T"], outputs: ["patches: T"],
    attributes: [
      "ksizes: list(int) >= 5", "strides: list(int) >= 5",
      "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}",
      "padding: {'SAME', 'VALID'}",
    ])
  public static let shapes = ShapeFunction { context in
    try Self.windows(context.attributes).infer(context)
  }
  public static let gradient = GradientRule.dense { context in
    [try patchGradient(context, spatialRank: 3)]
  }
  public static let kernels = KernelTable { construction in
    let windows = try Self.windows(construction.attributes)
    return ClosureKernel { context in try windows.compute(context) }
  }

  private static func windows(_ attributes: Attributes) throws(StatusError) -> PatchWindows {
    try PatchWindows(attributes, rank: 5, op: "ExtractVolumePatches", hasRates: false)
  }

  /// Sums, for each element of the input, the gradients of all places in patches it went to. Patches of
  /// the elements' numbers, which begin at 1, say where each place came from; 0 is padding.
  fileprivate static func patchGradient(
    _ context: GradientContext, spatialRank: Int
  ) throws -> AnyOutput {
    let input = try context.input(0)
    let shape = try context.shape(input, as: .int64)
    let zero = try context.scalar(0)
    let last = try context.constant([spatialRank + 1])
    let spatial = try context.build(
      "StridedSlice", [shape, context.constant([1]), last, context.constant([1])])
    let count = try context.prod(spatial, context.constant([0]))
    let one = try context.scalar(1, as: .int64)
    let numbers = try context.range(one, context.add(count, one), one)
    let ones = try context.constant([1], as: .int64)
    let image = try context.reshape(
      numbers, context.concat([ones, spatial, ones], axis: zero))
    let attributes = context.attributes.values.filter {
      ["ksizes", "strides", "rates", "padding"].contains($0.key)
    }
    let origins = try context.build(context.operation.type, [image], attributes)

    let batch = try context.element(shape, context.constant([0]))
    let depth = try context.element(shape, last)
    let area = try context.attributes.ints("ksizes").reduce(1, &*)
    let flat = try context.reshape(
      context.upstream(0),
      context.pack([
        batch, context.scalar(-1, as: .int64), context.scalar(area, as: .int64), depth,
      ]))
    let rows = try context.transpose(flat, context.constant([1, 2, 0, 3]))
    let columns = try context.reshape(
      rows, context.pack([context.scalar(-1, as: .int64), context.mul(batch, depth)]))
    let places = try context.sub(context.reshape(origins, context.constant([-1])), one)
    let sums = try context.build("UnsortedSegmentSum", [columns, places, count])
    let parts = try context.reshape(sums, context.pack([count, batch, depth]))
    return try context.reshape(
      context.transpose(parts, context.constant([1, 0, 2])), shape)
  }
}

/// The patches under a window that moves over images, each as a vector of its elements.
///
/// - Parameters:
///   - images: `[batch, height, width, depth]`.
///   - size: Height and width of the window.
///   - strides: How far the window moves.
///   - rates: Distance between the elements that the window takes.
/// - Returns: `[batch, rows, columns, height * width * depth]`, outside of the image zero.
/// - SeeAlso: TensorFlow op `ExtractImagePatches`.
public func extractImagePatches<Scalar: TensorScalar>(
  _ images: Output<Scalar>, size: (Int, Int), strides: (Int, Int), rates: (Int, Int) = (1, 1),
  padding: String = "VALID", name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    images.graph.addOperation(
      "ExtractImagePatches", inputs: [images.erased],
      attributes: [
        "ksizes": .ints([1, size.0, size.1, 1]), "strides": .ints([1, strides.0, strides.1, 1]),
        "rates": .ints([1, rates.0, rates.1, 1]), "padding": .string(ByteString(padding)),
      ], name: name
    ).output(0))
}
