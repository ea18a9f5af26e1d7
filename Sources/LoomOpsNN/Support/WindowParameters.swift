import LoomCore
import LoomGraph
import LoomKernels

/// How windows treat the border of an image.
enum WindowPadding: Equatable {
  case valid
  case same
  /// Padding before and after each spatial dimension.
  case explicit([Pair])

  struct Pair: Equatable {
    var before: Int
    var after: Int
  }
}

/// Strides, dilations and padding of a convolution or pool, decoded from its attributes.
struct WindowParameters {
  let layout: TensorLayout
  let padding: WindowPadding
  /// Of all dimensions, in the order of the tensor.
  let strides: [Int]
  let dilations: [Int]
  let space: Int

  /// - Parameters:
  ///   - op: For error texts.
  ///   - space: Spatial dimensions: 2 or 3.
  init(
    _ attributes: Attributes, op: String, space: Int, strides: [Int]? = nil
  ) throws(StatusError) {
    self.space = space
    let layout = try TensorLayout(attributes)
    self.layout = layout
    let dimensions = space + 2
    if let strides {
      self.strides = strides
    } else {
      self.strides = try WindowParameters.integers(attributes, "strides")
    }
    guard self.strides.count == dimensions else {
      throw .invalidArgument(
        "\(op) requires the stride attribute to contain \(dimensions) values, but got: "
          + "\(self.strides.count)")
    }
    if attributes["dilations"] == nil {
      dilations = [Int](repeating: 1, count: dimensions)
    } else {
      dilations = try WindowParameters.integers(attributes, "dilations")
      guard dilations.count == dimensions else {
        throw .invalidArgument(
          "\(op) requires the dilation attribute to contain \(dimensions) values, but got: "
            + "\(dilations.count)")
      }
    }
    padding = try WindowParameters.padding(attributes, layout, space: space)
  }

  /// A list of 32-bit integers.
  static func integers(_ attributes: Attributes, _ name: String) throws(StatusError) -> [Int] {
    let values = try attributes.ints(name)
    for value in values where Int32(exactly: value) == nil {
      throw .invalidArgument("Attr \(name) has value \(value) out of range for an int32")
    }
    return values
  }

  private static func padding(
    _ attributes: Attributes, _ layout: TensorLayout, space: Int
  ) throws(StatusError) -> WindowPadding {
    let kind = try attributes.string("padding")
    let amounts =
      attributes["explicit_paddings"] == nil
      ? [] : try attributes.ints("explicit_paddings")
    guard kind == "EXPLICIT" else {
      guard amounts.isEmpty else {
        throw .invalidArgument(
          "explicit_paddings attribute must be empty if the padding attribute is not EXPLICIT")
      }
      return kind == "SAME" ? .same : .valid
    }
    let dimensions = space + 2
    guard amounts.count == 2 * dimensions else {
      throw .invalidArgument(
        "explicit_paddings attribute must contain \(2 * dimensions) values, but got: "
          + "\(amounts.count)")
    }
    for amount in amounts where amount < 0 {
      throw .invalidArgument("All elements of explicit_paddings must be nonnegative")
    }
    let channel = layout.channel(rank: dimensions)
    guard amounts[0] == 0, amounts[1] == 0, amounts[2 * channel] == 0,
      amounts[2 * channel + 1] == 0
    else {
      throw .invalidArgument(
        "Nonzero explicit padding in the batch or depth dimensions is not supported")
    }
    return .explicit(
      (0..<space).map {
        let index = 2 * layout.spatial($0)
        return WindowPadding.Pair(before: amounts[index], after: amounts[index + 1])
      })
  }

  func stride(_ index: Int) -> Int { strides[layout.spatial(index)] }
  func dilation(_ index: Int) -> Int { dilations[layout.spatial(index)] }
  var batchStride: Int { strides[0] }
  var channelStride: Int { strides[layout.channel(rank: space + 2)] }
  var batchDilation: Int { dilations[0] }
  var channelDilation: Int { dilations[layout.channel(rank: space + 2)] }

  /// The kernel's checks that shape inference leaves out.
  ///
  /// - Parameter batchFault: The code for windows that move or reach over batch or channels.
  func checkForConvolution(
    batchFault: StatusError.Code = .unimplemented
  ) throws(StatusError) {
    guard batchStride == 1, channelStride == 1 else {
      throw StatusError(
        batchFault,
        "Current implementation does not yet support strides in the batch and depth dimensions.")
    }
    for index in 0..<space where stride(index) <= 0 {
      throw .invalidArgument("Row and column strides should be larger than 0.")
    }
    guard batchDilation == 1, channelDilation == 1 else {
      throw StatusError(
        batchFault,
        "Current implementation does not yet support dilations in the batch and depth dimensions.")
    }
    for index in 0..<space where dilation(index) <= 0 {
      throw .invalidArgument("Dilated rates should be larger than 0.")
    }
  }

  // MARK: Sizes

  /// The output size of spatial dimension `index`, as far as it is known.
  func inferredSize(_ index: Int, input: Int?, kernel: Int?) throws(StatusError) -> Int? {
    let pair: WindowPadding.Pair
    switch padding {
    case .explicit(let pairs): pair = pairs[index]
    default: pair = .init(before: 0, after: 0)
    }
    return try WindowParameters.inferredSize(
      input: input, kernel: kernel, stride: stride(index), dilation: dilation(index),
      isSame: padding == .same, pair)
  }

  static func inferredSize(
    input: Int?, kernel: Int?, stride: Int, dilation: Int = 1, isSame: Bool,
    _ pair: WindowPadding.Pair = .init(before: 0, after: 0)
  ) throws(StatusError) -> Int? {
    guard stride > 0 else { throw .invalidArgument("Stride must be > 0, but got \(stride)") }
    guard dilation > 0 else {
      throw .invalidArgument("Dilation rate must be >= 1, but got \(dilation)")
    }
    if isSame {
      guard let input else { return nil }
      return try add(input, stride - 1) / stride
    }
    guard let input, let kernel else { return nil }
    let padded = try add(add(input, pair.before), pair.after)
    let window = try extent(kernel: kernel, dilation: dilation)
    guard window <= padded else {
      throw .invalidArgument(
        "Negative dimension size caused by subtracting \(window) from \(padded)")
    }
    return try add(subtract(padded, window), stride) / stride
  }

  /// Where the windows over spatial dimension `index` lie.
  func axis(_ index: Int, input: Int, kernel: Int) throws(StatusError) -> WindowAxis {
    var pair = WindowPadding.Pair(before: 0, after: 0)
    if case .explicit(let pairs) = padding { pair = pairs[index] }
    return try WindowParameters.axis(
      input: input, kernel: kernel, stride: stride(index), dilation: dilation(index),
      isSame: padding == .same, pair)
  }

  static func axis(
    input: Int, kernel: Int, stride: Int, dilation: Int = 1, isSame: Bool,
    _ pair: WindowPadding.Pair = .init(before: 0, after: 0)
  ) throws(StatusError) -> WindowAxis {
    guard stride > 0 else { throw .invalidArgument("Stride must be > 0, but got \(stride)") }
    guard dilation > 0 else {
      throw .invalidArgument("Dilation rate must be >= 1, but got \(dilation)")
    }
    let window = try extent(kernel: kernel, dilation: dilation)
    let output: Int
    var before = pair.before
    if isSame {
      output = try add(input, stride - 1) / stride
      guard let reach = Checked.multiply(output - 1, stride) else {
        throw .invalidArgument("Window size overflows: \(output) * \(stride)")
      }
      before = Swift.max(try subtract(add(reach, window), input), 0) / 2
    } else {
      let padded = try add(add(input, pair.before), pair.after)
      output = try add(subtract(padded, window), stride) / stride
    }
    guard output >= 0 else {
      throw .invalidArgument(
        "Computed output size would be negative: \(output) [input_size: \(input), "
          + "effective_filter_size: \(window), stride: \(stride)]")
    }
    for size in [input, kernel, output, before] where size > Int(Int32.max) {
      throw .invalidArgument("Window size \(size) is too large")
    }
    return WindowAxis(
      input: input, kernel: kernel, output: output, stride: stride, dilation: dilation,
      before: before)
  }

  private static func extent(kernel: Int, dilation: Int) throws(StatusError) -> Int {
    guard let span = Checked.multiply(kernel - 1, dilation) else {
      throw .invalidArgument("Window of \(kernel) elements \(dilation) apart is too large")
    }
    return try add(span, 1)
  }

  private static func add(_ a: Int, _ b: Int) throws(StatusError) -> Int {
    guard let sum = Checked.add(a, b) else {
      throw .invalidArgument("Window size overflows: \(a) + \(b)")
    }
    return sum
  }

  private static func subtract(_ a: Int, _ b: Int) throws(StatusError) -> Int {
    guard let difference = Checked.subtract(a, b) else {
      throw .invalidArgument("Window size overflows: \(a) - \(b)")
    }
    return difference
  }
}
