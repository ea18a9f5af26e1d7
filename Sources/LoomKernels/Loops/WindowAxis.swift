/// One spatial dimension of a convolution or a pool: where its windows lie.
///
/// Window `o` covers the positions `o * stride - before + k * dilation` for `k` in `0 ..< kernel`;
/// positions outside `0 ..< input` are padding.
public struct WindowAxis: Hashable, Sendable {
  public let input: Int
  public let kernel: Int
  public let output: Int
  public let stride: Int
  public let dilation: Int
  /// Padding in front.
  public let before: Int

  /// - Precondition: All sizes are non-negative, stride and dilation positive, and all at most
  ///   2³¹ - 1 in magnitude, so that no position overflows.
  public init(
    input: Int, kernel: Int, output: Int, stride: Int = 1, dilation: Int = 1, before: Int = 0
  ) {
    self.input = input
    self.kernel = kernel
    self.output = output
    self.stride = stride
    self.dilation = dilation
    self.before = before
  }

  /// A dimension of size one with a window of size one.
  public static let single = WindowAxis(input: 1, kernel: 1, output: 1)

  /// The input position under element `k` of window `o`, if it is inside.
  @inlinable @inline(__always) func position(_ o: Int, _ k: Int) -> Int? {
    let position = o &* stride &- before &+ k &* dilation
    return position >= 0 && position < input ? position : nil
  }

  /// Elements of window `o` that lie inside the input.
  @inlinable @inline(__always) func inside(_ o: Int) -> Range<Int> {
    let start = o &* stride &- before
    // The first k with start + k * dilation >= 0, and the first with start + k * dilation >= input.
    let first = start >= 0 ? 0 : (dilation &- 1 &- start) / dilation
    let end = start >= input ? 0 : (input &- start &+ dilation &- 1) / dilation
    let lower = Swift.min(first, kernel)
    return lower..<Swift.max(lower, Swift.min(end, kernel))
  }
}
