import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let kernelTypes = Set<DType>.numeric.union([.bool])

/// The windows of images, each as one row of channels; what lies outside of the image is zero.
public enum ExtractImagePatches: OpDeclaration {
  public static let signature = OpSignature(
    "ExtractImagePatches", inputs: ["images: T"], outputs: ["patches: T"],
    attributes: [
      "ksizes: list(int) >= 4", "strides: list(int) >= 4", "rates: list(int) >= 4",
      "T: {bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64, complex64, complex128, bool}",
      "padding: {'SAME', 'VALID'}",
    ])
  public static let shapes = ShapeFunction { context in
    let window = try PatchWindow(context.attributes, op: "ExtractImagePatches", space: 2)
    try window.infer(context)
  }
  public static let gradient = GradientRule.dense { context in
    try patchGradient(
      context, "ExtractImagePatches", space: 2,
      context.keeping("ksizes", "strides", "rates", "padding"))
  }
  public static let kernels = KernelTable(where: ["T": kernelTypes]) { construction in
    let window = try PatchWindow(
      construction.attributes, op: "ExtractImagePatches", space: 2)
    try window.checkForKernel()
    return ClosureKernel { context in try window.extract(context) }
  }
}

/// The windows of volumes, each as one row of channels; what lies outside of the volume is zero.
public enum ExtractVolumePatches: OpDeclaration {
  public static let signature = OpSignature(
    "ExtractVolumePatches", inputs: ["input: T"], outputs: ["patches: T"],
    attributes: [
      "ksizes: list(int) >= 5", "strides: list(int) >= 5",
      "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}",
      "padding: {'SAME', 'VALID'}",
    ])
  public static let shapes = ShapeFunction { context in
    let window = try PatchWindow(context.attributes, op: "ExtractVolumePatches", space: 3)
    try window.infer(context)
  }
  public static let gradient = GradientRule.dense { context in
    try patchGradient(
      context, "ExtractVolumePatches", space: 3, context.keeping("ksizes", "strides", "padding"))
  }
  public static let kernels = KernelTable(where: ["T": Set.real]) { construction in
    let window = try PatchWindow(
      construction.attributes, op: "ExtractVolumePatches", space: 3)
    try window.checkForKernel()
    return ClosureKernel { context in try window.extract(context) }
  }
}

/// Adds each element of the gradient to the pixel it was taken from: the op itself, run on an image of
/// pixel numbers, says which; 0 stands for padding.
private func patchGradient(
  _ context: GradientContext, _ op: String, space: Int, _ attributes: [String: AttributeValue]
) throws -> [AnyOutput?] {
  let axis = try context.scalar(0)
  let shape = try context.shape(context.input(0))
  func part(_ start: Int, _ count: Int) throws -> AnyOutput {
    try context.slice(
      shape, begin: context.constant([start]), size: context.constant([count]))
  }
  let (batch, size, channels) = (try part(0, 1), try part(1, space), try part(space + 1, 1))
  let one = try context.constant([1])
  let count = try context.prod(size, axis)
  let numbers = try context.cast(
    context.range(
      context.scalar(1), context.add(count, context.scalar(1)), context.scalar(1)), to: .double)
  let image = try context.reshape(numbers, context.concat([one, size, one], axis: axis))
  let taken = try context.cast(context.build(op, [image], attributes), to: .int64)
  let segments = try context.sub(
    context.reshape(taken, context.constant([-1])), context.scalar(1, as: .int64))

  // [batch, positions and taps, channels] with the batch moved behind.
  let all = try context.constant([-1])
  let rows = try context.reshape(
    context.upstream(0), context.concat([batch, all, channels], axis: axis))
  let moved = try context.transpose(rows, context.constant([1, 0, 2]))
  let sums = try context.build("UnsortedSegmentSum", [moved, segments, count])
  let back = try context.transpose(sums, context.constant([1, 0, 2]))
  return [try context.reshape(back, shape)]
}

/// Sizes, strides and rates of the windows that patches are taken from.
private struct PatchWindow {
  let op: String
  let space: Int
  let sizes: [Int]
  let strides: [Int]
  let rates: [Int]
  let isSame: Bool

  init(_ attributes: Attributes, op: String, space: Int) throws(StatusError) {
    self.op = op
    self.space = space
    sizes = try WindowParameters.integers(attributes, "ksizes")
    strides = try WindowParameters.integers(attributes, "strides")
    rates =
      attributes["rates"] == nil
      ? [Int](repeating: 1, count: space + 2)
      : try WindowParameters.integers(attributes, "rates")
    isSame = try attributes.string("padding") == "SAME"
    for (name, values) in [("ksizes", sizes), ("strides", strides), ("rates", rates)]
    where values.count != space + 2 {
      throw .invalidArgument(
        "\(op) requires the \(name) attribute to contain \(space + 2) values, but got: "
          + "\(values.count)")
    }
  }

  func checkForKernel() throws(StatusError) {
    for (name, values) in [("ksizes", sizes), ("strides", strides), ("rates", rates)] {
      guard values[0] == 1, values[space + 1] == 1 else {
        throw .unimplemented("Only support \(name) across space.")
      }
      guard values[1...space].allSatisfy({ $0 >= 1 }) else {
        throw .outOfRange("\(name) is out of range.")
      }
    }
  }

  func infer(_ context: ShapeContext) throws(StatusError) {
    let input = try context.requireRank(0, space + 2)
    var result = [Int?](repeating: nil, count: space + 2)
    result[0] = input[0]
    var depth = input[space + 1]
    for index in 1...space { depth = try productSize(depth, sizes[index]) }
    result[space + 1] = depth
    // As in stock, nothing is known of the sizes unless all are.
    if (1...space).allSatisfy({ input[$0] != nil }) {
      for index in 1...space {
        result[index] = try WindowParameters.inferredSize(
          input: input[index], kernel: sizes[index], stride: strides[index],
          dilation: rates[index], isSame: isSame)
      }
    }
    context.setOutput(0, PartialShape(result))
  }

  func extract(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try context.input(0)
    let shape = input.shape
    guard shape.rank == space + 2 else {
      throw .invalidArgument("input must be \(space + 2)-dimensional\(shape)")
    }
    var axes: [WindowAxis] = space == 2 ? [.single] : []
    var depth: Int? = shape[space + 1]
    for index in 1...space {
      axes.append(
        try WindowParameters.axis(
          input: shape[index], kernel: sizes[index], stride: strides[index],
          dilation: rates[index], isSame: isSame))
      depth = depth.flatMap { Checked.multiply($0, sizes[index]) }
    }
    guard let depth else { throw .invalidArgument("Patches of \(op) are too large") }
    let output = try context.allocate(
      0, dtype: input.dtype,
      shape: Shape([shape[0]] + axes.suffix(space).map(\.output) + [depth]))
    let mover = ByteMover(into: output)
    mover.zeroAll()
    if output.elementCount == 0 || input.elementCount == 0 { return }
    let channels = shape[space + 1]
    let geometry = ConvolutionGeometry(
      batch: shape[0], depth: axes[0], height: axes[1], width: axes[2], inputChannels: channels,
      filterChannels: 1, outputChannels: depth)
    let positions = geometry.outputPositions
    for image in 0..<shape[0] {
      let base = image * geometry.inputPositions
      for position in 0..<positions {
        let start = (image * positions + position) * depth
        var failure: StatusError?
        geometry.forEachTap(position) { tap, pixel in
          do throws(StatusError) {
            try mover.copy(
              input, from: (base + pixel) * channels, to: start + tap * channels, count: channels)
          } catch { failure = error }
        }
        if let failure { throw failure }
      }
    }
  }
}
