public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let types =
  "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}"

/// The largest element of each window and its position, the first of equals.
///
/// Positions are `(row * width + column) * channels + channel`, with the image in front if
/// `include_batch_in_index`.
public enum MaxPoolWithArgmax: OpDeclaration {
  public static let signature = OpSignature(
    "MaxPoolWithArgmax", inputs: ["input: T"], outputs: ["output: T", "argmax: Targmax"],
    attributes: [
      "ksize: list(int) >= 4", "strides: list(int) >= 4", "Targmax: {int32, int64} = int64",
      "padding: {'SAME', 'VALID'}", "include_batch_in_index: bool = false", types,
    ])
  public static let shapes = ShapeFunction { context in
    let window = try PoolWindow(context.attributes, op: "MaxPool")
    let input = try context.requireRank(0, 4)
    let shape = try window.inferredShape(input, poolsChannels: true)
    context.setOutput(0, shape)
    context.setOutput(1, shape)
  }
  public static let gradient = GradientRule.dense { context in
    [
      try context.build(
        "MaxPoolGradWithArgmax", [context.input(0), context.upstream(0), context.output(1)],
        context.keeping("ksize", "strides", "padding", "include_batch_in_index"))
    ]
  }
  public static let kernels = KernelTable(where: ["T": Set.real]) { construction in
    let window = try PoolWindow(construction.attributes, op: "MaxPoolingWithArgmaxOp")
    try window.checkForKernel()
    let includesBatch = try construction.attributes.bool("include_batch_in_index")
    let indexType = try construction.outputType(1)
    return ClosureKernel { context in
      let input = try context.input(0)
      guard input.elementCount > 0 else {
        throw StatusError.invalidArgument("tensor_in must not be empty (2)")
      }
      let geometry = try window.geometry(input.shape)
      let shape = try window.outputShape(geometry)
      let output = try context.allocate(0, dtype: input.dtype, shape: shape)
      let argmax = try context.allocate(1, dtype: indexType, shape: shape)
      if output.elementCount == 0 { return }
      try PoolLoops.maximum(
        input, into: output, argmax: argmax, includesBatch: includesBatch, geometry,
        workers: context.workers)
    }
  }
}

/// The gradient of ``MaxPoolWithArgmax``: adds each element at its recorded position.
public enum MaxPoolGradWithArgmax: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature(
    "MaxPoolGradWithArgmax", inputs: ["input: T", "grad: T", "argmax: Targmax"],
    outputs: ["output: T"],
    attributes: [
      "ksize: list(int) >= 4", "strides: list(int) >= 4", "padding: {'SAME', 'VALID'}",
      "include_batch_in_index: bool = false", "Targmax: {int32, int64}", types,
    ])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.requireRank(0, 4))
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.real(MaxPoolGradWithArgmax.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let window = try PoolWindow(construction.attributes, op: "MaxPoolingGradWithArgmaxOp")
    try window.checkForKernel()
    let includesBatch = try construction.attributes.bool("include_batch_in_index")
    return ClosureKernel { context in
      let (input, upstream, argmax) = (
        try context.input(0), try context.input(1), try context.input(2)
      )
      let geometry = try window.geometry(input.shape)
      let shape = try window.outputShape(geometry)
      guard upstream.shape == shape else {
        throw StatusError.invalidArgument(
          "Expected grad shape to be \(shape), but got \(upstream.shape)")
      }
      guard argmax.shape == shape else {
        throw StatusError.invalidArgument(
          "Expected argmax shape to be \(shape), but got \(argmax.shape)")
      }
      let positions = try argmax.integers()
      let gradients = try upstream.span(of: Scalar.self)
      let perImage = input.shape.count(in: 1..<4)
      let gradientsPerImage = shape.count(in: 1..<4)
      try context.makeOutput(0, of: Scalar.self, shape: input.shape) {
        (output: inout MutableSpan<Scalar>) throws(StatusError) in
        for index in output.indices { output[index] = .zero }
        for index in gradients.indices {
          let start = includesBatch ? 0 : index / gradientsPerImage &* perImage
          guard let target = Checked.add(start, positions[index]),
            output.indices.contains(target), includesBatch || positions[index] >= 0
          else {
            throw .invalidArgument(
              "Invalid input grad and/or argmax: position \(positions[index]) is outside of an "
                + "input of shape \(input.shape)")
          }
          output[target] = Scalar.wrappingAdd(output[target], gradients[index])
        }
      }
    }
  }
}
