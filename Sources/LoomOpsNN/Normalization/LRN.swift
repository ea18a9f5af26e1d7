public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let attributes = [
  "depth_radius: int = 5", "bias: float = 1.0", "alpha: float = 1.0", "beta: float = 0.5",
  "T: {half, bfloat16, float} = float",
]

/// Divides each element by a power of the squares near it along the channels:
/// `input / (bias + alpha * Σ input²)^beta`, summed over `depth_radius` channels to both sides.
public enum LRN: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "LRN", inputs: ["input: T"], outputs: ["output: T"], attributes: attributes)
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.requireRank(0, 4))
  }
  public static let gradient = GradientRule.dense { context in
    [
      try context.build(
        "LRNGrad", [context.upstream(0), context.input(0), context.output(0)],
        context.keeping("depth_radius", "bias", "alpha", "beta"))
    ]
  }
  public static let kernels = KernelTable.floating(LRN.self, over: [.float, .half])

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let parameters = try ResponseParameters<Scalar.Accumulator>(construction.attributes)
    return ClosureKernel { context in
      let input = try context.input(0)
      guard input.shape.rank == 4 else {
        throw StatusError.invalidArgument("in must be 4-dimensional")
      }
      let x = try input.span(of: Scalar.self)
      let channels = input.shape[3]
      try context.makeOutput(0, of: Scalar.self, shape: input.shape) { y in
        for start in stride(from: 0, to: x.count, by: Swift.max(channels, 1)) {
          for channel in 0..<channels {
            let norm = parameters.norm(x, start: start, channel: channel, channels: channels)
            let value = x[start + channel].accumulator
            y[start + channel] = Scalar(value * .pow(norm, -parameters.beta))
          }
        }
      }
    }
  }
}

/// The gradient of ``LRN``.
public enum LRNGrad: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "LRNGrad", inputs: ["input_grads: T", "input_image: T", "output_image: T"],
    outputs: ["output: T"], attributes: attributes)
  public static let shapes = ShapeFunction { context in
    let gradients = try context.requireRank(0, 4)
    context.setOutput(
      0, try gradients.merged(with: context.input(1)).merged(with: context.input(2)))
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(LRNGrad.self, over: [.float, .half])

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let parameters = try ResponseParameters<Scalar.Accumulator>(construction.attributes)
    return ClosureKernel { context in
      let (gradients, input, output) = (
        try context.input(0), try context.input(1), try context.input(2)
      )
      guard gradients.shape.rank == 4, input.shape.rank == 4 else {
        throw StatusError.invalidArgument("inputs must be 4-dimensional")
      }
      guard input.shape == gradients.shape, output.shape == gradients.shape else {
        throw StatusError.invalidArgument(
          "input_grads, input_image, and out_image should have the same shape")
      }
      let dy = try gradients.span(of: Scalar.self)
      let x = try input.span(of: Scalar.self)
      let y = try output.span(of: Scalar.self)
      let channels = input.shape[3]
      let factor = -2 * parameters.alpha * parameters.beta
      var sums = [Scalar.Accumulator](repeating: 0, count: channels)
      try context.makeOutput(0, of: Scalar.self, shape: input.shape) { dx in
        for start in stride(from: 0, to: x.count, by: Swift.max(channels, 1)) {
          for channel in 0..<channels { sums[channel] = 0 }
          for channel in 0..<channels {
            let norm = parameters.norm(x, start: start, channel: channel, channels: channels)
            let upstream = dy[start + channel].accumulator
            let shared = factor * y[start + channel].accumulator / norm * upstream
            for near in parameters.window(channel, channels) {
              sums[near] += shared * x[start + near].accumulator
            }
            sums[channel] += .pow(norm, -parameters.beta) * upstream
          }
          for channel in 0..<channels { dx[start + channel] = Scalar(sums[channel]) }
        }
      }
    }
  }
}

/// The attributes of the two ops, in the precision they are computed in.
private struct ResponseParameters<Real: BinaryFloatingPoint & FloatingScalar>: Sendable {
  let radius: Int
  let bias: Real
  let alpha: Real
  let beta: Real

  init(_ attributes: Attributes) throws(StatusError) {
    radius = try attributes.int("depth_radius")
    guard radius >= 0, radius <= Int(Int32.max) else {
      throw .invalidArgument("depth_radius = \(radius) larger than int max")
    }
    bias = Real(try attributes.float("bias"))
    alpha = Real(try attributes.float("alpha"))
    beta = Real(try attributes.float("beta"))
  }

  func window(_ channel: Int, _ channels: Int) -> Range<Int> {
    Swift.max(channel - radius, 0)..<Swift.min(channel + radius + 1, channels)
  }

  func norm<Scalar: FloatingScalar>(
    _ x: Span<Scalar>, start: Int, channel: Int, channels: Int
  ) -> Real where Scalar.Accumulator == Real {
    var sum: Real = 0
    for near in window(channel, channels) {
      let value = x[start + near].accumulator
      sum += value * value
    }
    return bias + alpha * sum
  }
}
