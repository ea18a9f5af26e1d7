/// How a window slides along one axis of an image.
///
/// Output position `o` sees the input positions `o · stride - paddingBefore + tap · dilation` for the
/// taps `0 ..< windowSize`; positions outside the image are padding.
public struct ConvolutionAxis: Hashable, Sendable {
  public var inputSize: Int
  public var windowSize: Int
  public var stride: Int
  public var dilation: Int
  public var paddingBefore: Int
  public var paddingAfter: Int

  /// An axis with explicit padding.
  public init(
    inputSize: Int, windowSize: Int, stride: Int = 1, dilation: Int = 1, paddingBefore: Int = 0,
    paddingAfter: Int = 0
  ) {
    self.inputSize = inputSize
    self.windowSize = windowSize
    self.stride = stride
    self.dilation = dilation
    self.paddingBefore = paddingBefore
    self.paddingAfter = paddingAfter
  }

  /// TensorFlow's padding SAME: as many outputs as strides fit the input, the odd cell of padding
  /// after it.
  public static func same(
    inputSize: Int, windowSize: Int, stride: Int = 1, dilation: Int = 1
  ) -> ConvolutionAxis {
    var axis = ConvolutionAxis(
      inputSize: inputSize, windowSize: windowSize, stride: stride, dilation: dilation)
    let outputs = (inputSize + stride - 1) / stride
    let padding = Swift.max((outputs - 1) * stride + axis.extent - inputSize, 0)
    axis.paddingBefore = padding / 2
    axis.paddingAfter = padding - padding / 2
    return axis
  }

  /// Input positions from the first tap to the last.
  public var extent: Int { (windowSize - 1) * dilation + 1 }

  /// Positions of the window; 0 if it is longer than the padded input.
  public var outputSize: Int {
    let span = inputSize + paddingBefore + paddingAfter - extent
    return span < 0 ? 0 : span / stride + 1
  }

  /// The input position of tap 0, which may lie in the padding.
  func start(at output: Int) -> Int { output * stride - paddingBefore }

  /// The taps at an output position that lie inside the image.
  func taps(at output: Int) -> Range<Int> {
    let start = start(at: output)
    let first = start >= 0 ? 0 : (-start + dilation - 1) / dilation
    let end = start >= inputSize ? 0 : (inputSize - 1 - start) / dilation + 1
    let limit = Swift.min(end, windowSize)
    return first < limit ? first..<limit : 0..<0
  }

  /// The axis as seen by a band of outputs alone, and the first input position of the band; `nil` if
  /// the band sees nothing but padding.
  func band(_ outputs: Range<Int>) -> (axis: ConvolutionAxis, firstInput: Int)? {
    let start = start(at: outputs.lowerBound)
    let end = self.start(at: outputs.upperBound - 1) + extent
    let inside = Swift.max(start, 0)..<Swift.max(Swift.min(end, inputSize), Swift.max(start, 0))
    if inside.isEmpty { return nil }
    var axis = self
    axis.inputSize = inside.count
    axis.paddingBefore = inside.lowerBound - start
    axis.paddingAfter = end - inside.upperBound
    return (axis, inside.lowerBound)
  }
}
