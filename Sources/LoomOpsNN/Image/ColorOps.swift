public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Pixels from red, green, blue to hue, saturation, value, all in 0 ... 1.
public enum RGBToHSV: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "RGBToHSV", inputs: ["images: T"], outputs: ["output: T"],
    attributes: ["T: {half, bfloat16, float, double} = float"])
  public static let shapes = ShapeFunction { try inferColors($0) }
  public static let gradient = GradientRule.dense { try hueGradient($0) }
  public static let kernels = KernelTable.floating(RGBToHSV.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    pixelKernel(type) { Color.hsv(r: $0, g: $1, b: $2) }
  }
}

/// Pixels from hue, saturation, value to red, green, blue.
public enum HSVToRGB: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "HSVToRGB", inputs: ["images: T"], outputs: ["output: T"],
    attributes: ["T: {half, bfloat16, float, double} = float"])
  public static let shapes = ShapeFunction { try inferColors($0) }
  public static let gradient = GradientRule.notDifferentiable(
    because: "TensorFlow declares it so")
  public static let kernels = KernelTable.floating(HSVToRGB.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    pixelKernel(type) { hue, saturation, value in
      typealias Real = Scalar.Accumulator
      func clamp(_ x: Real) -> Real { Swift.min(Swift.max(x, 0), 1) }
      let sixth = hue * 6
      let rest = 1 - saturation
      return (
        (rest + saturation * clamp((sixth - 3).magnitude - 1)) * value,
        (rest + saturation * clamp(2 - (sixth - 2).magnitude)) * value,
        (rest + saturation * clamp(2 - (sixth - 4).magnitude)) * value
      )
    }
  }
}

/// The hue of each pixel moved by `delta` of a full circle.
public enum AdjustHue: OpDeclaration {
  public static let signature = OpSignature(
    "AdjustHue", inputs: ["images: T", "delta: float"], outputs: ["output: T"],
    attributes: ["T: {half, float} = float"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.requireRank(0, atLeast: 3))
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": [.float]]) { _ in
    ClosureKernel { context in
      let delta = try adjustment(context, name: "delta")
      // Moves of whole circles do nothing.
      let move = (delta * 6).truncatingRemainder(dividingBy: 6)
      try adjustPixels(context) { r, g, b in
        var (hue, low, high) = Color.hueAndRange(r: r, g: g, b: b)
        hue += move
        if hue < 0 { hue += 6 }
        if hue >= 6 { hue -= 6 }
        return Color.rgb(hue: hue, low: low, high: high)
      }
    }
  }
}

/// The saturation of each pixel multiplied by `scale` and clamped to 0 ... 1.
public enum AdjustSaturation: OpDeclaration {
  public static let signature = OpSignature(
    "AdjustSaturation", inputs: ["images: T", "scale: float"], outputs: ["output: T"],
    attributes: ["T: {half, float} = float"])
  public static let shapes = AdjustHue.shapes
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": [.float]]) { _ in
    ClosureKernel { context in
      let scale = try adjustment(context, name: "scale")
      try adjustPixels(context) { r, g, b in
        let (hue, saturation, value) = Color.hsv(r: r, g: g, b: b)
        let scaled = Swift.min(1, Swift.max(0, saturation * scale))
        return Color.rgb(hue: hue, saturation: scaled, value: value)
      }
    }
  }
}

private func adjustment(
  _ context: borrowing KernelContext, name: String
) throws(StatusError) -> Float {
  let tensor = try context.input(1)
  guard tensor.shape.isScalar else {
    throw .invalidArgument("\(name) must be scalar: \(tensor.shape)")
  }
  return try tensor.element(0, of: Float.self)
}

/// Output 0 is `body` of each pixel of input 0.
private func adjustPixels(
  _ context: borrowing KernelContext, _ body: (Float, Float, Float) -> (Float, Float, Float)
) throws(StatusError) {
  let images = try context.input(0)
  guard images.shape.rank >= 3 else {
    throw .invalidArgument("input must be at least 3-D, got shape\(images.shape)")
  }
  guard images.shape[images.shape.rank - 1] == 3 else {
    throw .invalidArgument(
      "input must have 3 channels but instead has \(images.shape[images.shape.rank - 1]) channels.")
  }
  let x = try images.span(of: Float.self)
  try context.makeOutput(0, of: Float.self, shape: images.shape) { y in
    for index in stride(from: 0, to: x.count, by: 3) {
      (y[index], y[index + 1], y[index + 2]) = body(x[index], x[index + 1], x[index + 2])
    }
  }
}

private func inferColors(_ context: ShapeContext) throws(StatusError) {
  let images = try context.requireRank(0, atLeast: 1)
  guard let rank = images.rank else { return }
  if let channels = images[rank - 1], channels != 3 {
    throw .invalidArgument("Dimension must be 3 but is \(channels)")
  }
  context.setOutput(0, images.replacing(rank - 1, with: 3))
}

/// A kernel that maps the three channels of each pixel.
private func pixelKernel<Scalar: FloatingScalar>(
  _ type: Scalar.Type,
  _ body:
    @escaping @Sendable (Scalar.Accumulator, Scalar.Accumulator, Scalar.Accumulator) -> (
      Scalar.Accumulator, Scalar.Accumulator, Scalar.Accumulator
    )
) -> any Kernel {
  ClosureKernel { context in
    let images = try context.input(0)
    guard images.shape.rank >= 1 else {
      throw StatusError.invalidArgument("input must be at least 1D, got \(images.shape)")
    }
    let channels = images.shape[images.shape.rank - 1]
    guard channels == 3 else {
      throw StatusError.failedPrecondition(
        "input must have 3 channels but input only has "
          + "\(channels) channels.")
    }
    let x = try images.span(of: Scalar.self)
    try context.makeOutput(0, of: Scalar.self, shape: images.shape) { y in
      for index in stride(from: 0, to: x.count, by: 3) {
        let (a, b, c) = body(
          x[index].accumulator, x[index + 1].accumulator, x[index + 2].accumulator)
        y[index] = Scalar(a)
        y[index + 1] = Scalar(b)
        y[index + 2] = Scalar(c)
      }
    }
  }
}
