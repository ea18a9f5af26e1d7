import LoomCore
import LoomKernels

/// A convolution of images, over all channels or each for itself. A filter that is a constant of the
/// plan is packed once; with one, the kernel can also do what following ops do.
final class ConvolutionKernel: Kernel {
  private let window: WindowParameters
  private let isDepthwise: Bool
  private let epilogue: FusedEpilogue
  private let filter: AnyTensor?
  private let prepared: PreparedConvolution?

  /// - Parameter window: Checked for the op.
  init(
    _ construction: KernelConstruction, _ window: WindowParameters, isDepthwise: Bool = false,
    _ epilogue: FusedEpilogue = FusedEpilogue()
  ) {
    self.window = window
    self.isDepthwise = isDepthwise
    self.epilogue = epilogue
    filter = construction.constantInputs[1]
    prepared = filter.flatMap {
      PreparedConvolution(filter: $0, isDepthwise: isDepthwise, epilogue: epilogue)
    }
  }

  /// Whether the kernel does all of its epilogue.
  var isFused: Bool { prepared != nil && window.layout == .channelsLast }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let (input, filter) = (try context.input(0), try context.input(1))
    let geometry =
      isDepthwise
      ? try ConvolutionGeometry(depthwise: input.shape, filter: filter.shape, window)
      : try ConvolutionGeometry(input: input.shape, filter: filter.shape, window)
    let shape = try geometry.outputShape(window)
    if epilogue.addsOperand { return try add(input, geometry, shape, context) }
    let output = try context.allocate(0, dtype: input.dtype, shape: shape)
    if output.elementCount == 0 { return }
    guard filter.elementCount > 0 || isDepthwise else {
      throw .invalidArgument(
        "filter must not have zero elements (i.e. all dimensions must be non-zero)")
    }
    guard window.layout == .channelsLast else {
      throw .unimplemented(
        "The Conv2D op currently only supports the NHWC tensor format on the CPU. The op was "
          + "given the format: NCHW")
    }
    if let prepared {
      return try prepared.run(input, into: output, geometry, workers: context.workers)
    }
    if isDepthwise {
      return try DirectDepthwise.forward(
        input, filter, into: output, geometry, workers: context.workers)
    }
    try Convolution.forward(input, filter, into: output, geometry, workers: context.workers)
  }

  /// The sums are added to the operand, in its memory if that is free.
  private func add(
    _ input: AnyTensor, _ geometry: ConvolutionGeometry, _ shape: Shape,
    _ context: borrowing KernelContext
  ) throws(StatusError) {
    guard let prepared, let filter else { throw .internal("Expected a constant filter") }
    guard try context.input(2).shape == shape else {
      var plain = FusedEpilogue()
      if let offset = epilogue.offset {
        _ = plain.append(.affine(factor: epilogue.factor, offset: offset))
      }
      guard
        let alone = PreparedConvolution(filter: filter, isDepthwise: isDepthwise, epilogue: plain)
      else {
        throw .internal("Expected a filter of Float images")
      }
      let result = try AnyTensor.uninitialized(
        dtype: .float, shape: shape, budget: context.budget)
      if result.elementCount > 0 {
        try alone.run(input, into: result, geometry, workers: context.workers)
      }
      return try context.setOutput(
        0,
        EpilogueLoops.add(
          result, context.input(2), epilogue.activation, budget: context.budget,
          workers: context.workers))
    }
    let output = try context.copyOrForward(2, to: 0)
    if output.elementCount == 0 { return }
    try prepared.run(input, into: output, geometry, workers: context.workers)
  }
}
