import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Each channel of each image stretched about its mean: `(x - mean) * contrast_factor + mean`.
public enum AdjustContrastv2: OpDeclaration {
  public static let signature = OpSignature(
    "AdjustContrastv2", inputs: ["images: T", "contrast_factor: float"], outputs: ["output: T"],
    attributes: ["T: {half, float} = float"])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(1, 0)
    context.setOutput(0, try context.requireRank(0, atLeast: 3))
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": [.float]]) { _ in
    ClosureKernel { context in
      let images = try context.input(0)
      let factor = try contrastScalar(context, 1, "contrast_factor")
      let x = try images.span(of: Float.self)
      let (means, view) = try channelMeans(images)
      try context.makeOutput(0, of: Float.self, shape: images.shape) { y in
        for index in x.indices {
          let mean = Float(means[index / view.image * view.channels + index % view.channels])
          y[index] = (x[index] - mean) * factor + mean
        }
      }
    }
  }
}

/// ``AdjustContrastv2`` of TensorFlow's first versions: Float results clamped to a range.
public enum AdjustContrast: OpDeclaration {
  public static let signature = OpSignature(
    "AdjustContrast",
    inputs: ["images: T", "contrast_factor: float", "min_value: float", "max_value: float"],
    outputs: ["output: float"],
    attributes: ["T: {uint8, int8, int16, int32, int64, float, double}"], deprecatedSince: 2)
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.requireRank(0, atLeast: 3))
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(
    where: ["T": [.uint8, .int8, .int16, .int32, .float, .double]]
  ) { _ in
    ClosureKernel { context in
      let images = try Widening.real(context.input(0))
      let factor = try contrastScalar(context, 1, "contrast_factor")
      let low = try contrastScalar(context, 2, "min_value")
      let high = try contrastScalar(context, 3, "max_value")
      let x = try images.span(of: Float.self)
      let (means, view) = try channelMeans(images)
      try context.makeOutput(0, of: Float.self, shape: images.shape) { y in
        for index in x.indices {
          let mean = Float(means[index / view.image * view.channels + index % view.channels])
          y[index] = Swift.min(Swift.max((x[index] - mean) * factor + mean, low), high)
        }
      }
    }
  }
}

private func contrastScalar(
  _ context: borrowing KernelContext, _ index: Int, _ name: String
) throws(StatusError) -> Float {
  let tensor = try context.input(index)
  guard tensor.shape.isScalar else {
    throw .invalidArgument("\(name) must be scalar: \(tensor.shape)")
  }
  return try tensor.element(0, of: Float.self)
}

/// The means over height and width, per image and channel, and how elements are counted.
private func channelMeans(
  _ images: AnyTensor
) throws(StatusError) -> (means: [Double], view: (image: Int, channels: Int)) {
  let shape = images.shape
  guard shape.rank >= 3 else {
    throw .invalidArgument("input must be at least 3-D, got shape\(shape)")
  }
  let channels = shape[shape.rank - 1]
  let pixels = shape.count(in: (shape.rank - 3)..<(shape.rank - 1))
  guard shape.elementCount > 0 else { return ([], (1, 1)) }
  let image = pixels * channels
  var sums = [Double](repeating: 0, count: shape.elementCount / pixels)
  let x = try images.span(of: Float.self)
  for index in x.indices { sums[index / image * channels + index % channels] += Double(x[index]) }
  return (sums.map { $0 / Double(pixels) }, (image, channels))
}
