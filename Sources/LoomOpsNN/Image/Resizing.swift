import LoomCore
import LoomGraph
import LoomKernels

/// How output positions of a resized image correspond to input positions.
struct PixelScaling: Sendable {
  let alignsCorners: Bool
  let hasHalfPixelCenters: Bool

  init(_ attributes: Attributes) throws(StatusError) {
    alignsCorners =
      try attributes["align_corners"] == nil ? false : attributes.bool("align_corners")
    hasHalfPixelCenters =
      try attributes["half_pixel_centers"] == nil ? false : attributes.bool("half_pixel_centers")
    guard !(alignsCorners && hasHalfPixelCenters) else {
      throw .invalidArgument("If half_pixel_centers is True, align_corners must be False.")
    }
  }

  /// Input pixels per output pixel.
  func scale(input: Int, output: Int) -> Float {
    alignsCorners && output > 1
      ? Float(input - 1) / Float(output - 1) : Float(input) / Float(output)
  }

  /// The input position of an output position.
  func position(_ output: Int, scale: Float) -> Float {
    hasHalfPixelCenters ? (Float(output) + 0.5) * scale - 0.5 : Float(output) * scale
  }

  // MARK: Methods

  /// Two neighbours, weighted by their distance.
  func bilinear(input: Int, output: Int) -> ResamplingAxis {
    let scale = scale(input: input, output: output)
    var axis = ResamplingAxis(inputSize: input)
    for index in 0..<output {
      let position = position(index, scale: scale)
      let floor = position.rounded(.down)
      let share = position - floor
      let upper = Swift.min(pixel(position.rounded(.up)), input - 1)
      let lower = Swift.min(Swift.max(pixel(floor), 0), upper)
      axis.add(lower, 1 - share)
      axis.add(upper, share)
      axis.finishPosition()
    }
    return axis
  }

  /// Four neighbours, weighted by Keys' cubic (R. G. Keys, 1981); the fraction is rounded to 1/1024
  /// as TensorFlow's tables round it.
  func bicubic(input: Int, output: Int) -> ResamplingAxis {
    let scale = scale(input: input, output: output)
    let a: Float = hasHalfPixelCenters ? -0.5 : -0.75
    func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
    func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    var axis = ResamplingAxis(inputSize: input)
    for index in 0..<output {
      let position = position(index, scale: scale)
      let floor = position.rounded(.down)
      let first = pixel(floor)
      let step = ((position - floor) * 1024).rounded(.toNearestOrEven)
      let (x, y) = (step / 1024, (1024 - step) / 1024)
      var weights = [far(x + 1), near(x), near(y), far(y + 1)]
      if hasHalfPixelCenters {
        // Neighbours outside of the image do not count.
        for tap in 0..<4 where first + tap - 1 < 0 || first + tap - 1 >= input { weights[tap] = 0 }
        let sum = weights.reduce(0, +)
        if sum.magnitude >= 1000 * Float.leastNormalMagnitude {
          for tap in 0..<4 { weights[tap] /= sum }
        }
      }
      for tap in 0..<4 {
        axis.add(Swift.min(Swift.max(first + tap - 1, 0), input - 1), weights[tap])
      }
      axis.finishPosition()
    }
    return axis
  }

  /// All pixels under the output pixel, weighted by the covered length.
  func area(input: Int, output: Int) -> ResamplingAxis {
    let scale = scale(input: input, output: output)
    var axis = ResamplingAxis(inputSize: input)
    for index in 0..<output {
      let (start, end) = (Float(index) * scale, Float(index + 1) * scale)
      if scale == 0 { axis.add(0, 1) }
      for position in pixel(start.rounded(.down))..<pixel(end.rounded(.up)) {
        let low = Swift.max(Float(position), start)
        let high = Swift.min(Float(position + 1), end)
        axis.add(Swift.min(Swift.max(position, 0), input - 1), (high - low) / scale)
      }
      axis.finishPosition()
    }
    return axis
  }

  /// The nearest pixel of each output position.
  func nearest(input: Int, output: Int) -> [Int] {
    let scale = scale(input: input, output: output)
    return (0..<output).map { index in
      let position = hasHalfPixelCenters ? (Float(index) + 0.5) * scale : Float(index) * scale
      // C's roundf: halves away from zero.
      let rounded = position.rounded(alignsCorners ? .toNearestOrAwayFromZero : .down)
      return Swift.min(Swift.max(pixel(rounded), 0), input - 1)
    }
  }

  /// A whole number as a position; sizes are at most 2³¹, so all but NaN are inside `Int`.
  private func pixel(_ value: Float) -> Int { Int(exactly: value) ?? 0 }
}

/// The checked sizes of a resized batch of images.
struct ResizeSizes {
  let input: Shape
  let height: Int
  let width: Int

  /// - Parameter allowsEmpty: Whether there may be no pixels or channels, as in gradients.
  init(images: AnyTensor, size: AnyTensor, allowsEmpty: Bool = false) throws(StatusError) {
    let shape = images.shape
    guard shape.rank == 4 else {
      throw .invalidArgument("input must be 4-dimensional \(shape)")
    }
    guard size.shape.rank == 1 else {
      throw .invalidArgument("shape_t must be 1-dimensional \(size.shape)")
    }
    guard size.elementCount == 2 else {
      throw .invalidArgument("shape_t must have two elements \(size.shape)")
    }
    let sizes = try size.integers()
    guard sizes[0] > 0, sizes[1] > 0 else {
      throw .invalidArgument("output dimensions must be positive")
    }
    guard allowsEmpty || (shape[1] > 0 && shape[2] > 0) else {
      throw .invalidArgument("input image must be of non-zero size")
    }
    guard allowsEmpty || shape[3] > 0 else {
      throw .invalidArgument("image must have at least one channel")
    }
    guard shape[1] <= Int(Int32.max), shape[2] <= Int(Int32.max) else {
      throw .invalidArgument("input sizes must be between 0 and max int32")
    }
    input = shape
    height = sizes[0]
    width = sizes[1]
  }

  var output: Shape {
    get throws(StatusError) { try Shape([input[0], height, width, input[3]]) }
  }
}

extension ShapeFunction {
  /// Images of the size that input 1 holds.
  static let resized = ShapeFunction { context in
    let images = try context.requireRank(0, 4)
    try setSizedImages(context, batch: images[0], size: 1, channels: images[3])
  }
}

/// Output 0 is `[batch, height, width, channels]` with the sizes that input `size` holds.
func setSizedImages(
  _ context: ShapeContext, batch: Int?, size: Int, channels: Int?
) throws(StatusError) {
  let vector = try context.requireRank(size, 1)
  if let length = vector[0], length != 2 {
    throw .invalidArgument("Dimension must be 2 but is \(length)")
  }
  let values = context.partialValue(size) ?? [nil, nil]
  guard values.count == 2 else { return }
  context.setOutput(0, PartialShape([batch, values[0], values[1], channels]))
}
