// What plans ask of a geometry. Filters are `[height, width, filterChannels, outputChannels]`, dense.
extension ConvolutionGeometry {
  /// Whether this is a convolution of images.
  var isPlanar: Bool { depth == .single }

  public var inputCount: Int { batch &* imageCount }
  public var outputCount: Int { batch &* resultCount }
  public var filterCount: Int { patchCount &* outputChannels }

  /// Elements of one input image.
  var imageCount: Int { inputPositions &* inputChannels }
  /// Elements of one output image.
  var resultCount: Int { outputPositions &* outputChannels }
  /// Elements of the filter that one output element sees.
  var patchCount: Int { taps &* filterChannels }

  /// Whether there is nothing to multiply.
  var isEmpty: Bool { inputCount == 0 || outputCount == 0 || filterCount == 0 }

  /// Estimated nanoseconds on one thread at `rate` multiply-adds per nanosecond.
  func cost(rate: Double) -> Double { Double(outputCount) * Double(patchCount) / rate }
}

extension WindowAxis {
  /// Input positions from the first element of a window to the last.
  var extent: Int { (kernel &- 1) &* dilation &+ 1 }

  /// Padding behind that the last window reaches into.
  var after: Int { Swift.max(0, (output &- 1) &* stride &+ extent &- input &- before) }

  /// The axis as seen by a band of windows alone, and the first input position of the band; `nil` if
  /// the band sees nothing but padding.
  func band(_ windows: Range<Int>) -> (axis: WindowAxis, firstInput: Int)? {
    let start = windows.lowerBound &* stride &- before
    let end = (windows.upperBound &- 1) &* stride &- before &+ extent
    let (first, last) = (Swift.max(start, 0), Swift.min(end, input))
    if first >= last { return nil }
    let axis = WindowAxis(
      input: last &- first, kernel: kernel, output: windows.count, stride: stride,
      dilation: dilation, before: first &- start)
    return (axis, first)
  }
}
