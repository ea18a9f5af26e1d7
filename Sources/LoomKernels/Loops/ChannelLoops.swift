public import LoomCore

/// Loops over tensors seen as `[outer, channels, inner]`, with one value per channel.
public enum ChannelLoops {
  /// Sizes of the view; their product is the tensor's element count.
  public struct View: Sendable {
    public let outer: Int
    public let channels: Int
    public let inner: Int

    /// Dimension `channel` of `shape`, and what lies around it.
    public init(_ shape: Shape, channel: Int) {
      outer = shape.count(in: 0..<channel)
      channels = shape[channel]
      inner = shape.count(in: (channel + 1)..<shape.rank)
    }
  }

  /// `y = x + bias`, the bias repeated over `outer` and `inner`. `y` may be `x`.
  @inlinable public static func add<Scalar: NumericScalar>(
    _ x: AnyTensor, _ bias: AnyTensor, into y: AnyTensor, _ view: View, of type: Scalar.Type,
    workers: WorkerPool
  ) throws(StatusError) {
    let source = unsafe try x.pointer(of: Scalar.self)
    let values = unsafe try bias.pointer(of: Scalar.self)
    let target = unsafe try y.writablePointer(of: Scalar.self)
    // The caller made the view from the shape of `x` and `y`, and checked the length of the bias.
    if view.inner == 1 {
      workers.parallelFor(count: view.outer, costPerItem: Double(view.channels) * 0.3) { range in
        for row in range {
          let offset = row &* view.channels
          for index in 0..<view.channels {
            unsafe target[offset &+ index] = Scalar.wrappingAdd(
              source[offset &+ index], values[index])
          }
        }
      }
    } else {
      let runs = view.outer &* view.channels
      workers.parallelFor(count: runs, costPerItem: Double(view.inner) * 0.3) { range in
        for run in range {
          let value = unsafe values[run % view.channels]
          let offset = run &* view.inner
          for index in 0..<view.inner {
            unsafe target[offset &+ index] = Scalar.wrappingAdd(source[offset &+ index], value)
          }
        }
      }
    }
  }

  /// Sums over `outer` and `inner`, wrapping.
  @inlinable public static func sum<Scalar: NumericScalar>(
    _ x: AnyTensor, into y: AnyTensor, _ view: View, of type: Scalar.Type
  ) throws(StatusError) {
    let source = unsafe try x.pointer(of: Scalar.self)
    let target = unsafe try y.writablePointer(of: Scalar.self)
    for channel in 0..<view.channels { unsafe target[channel] = .zero }
    for outer in 0..<view.outer {
      for channel in 0..<view.channels {
        let offset = (outer &* view.channels &+ channel) &* view.inner
        var total = unsafe target[channel]
        for index in 0..<view.inner {
          total = Scalar.wrappingAdd(total, unsafe source[offset &+ index])
        }
        unsafe target[channel] = total
      }
    }
  }

  /// Rows of one partial sum: short enough that a Float loses little.
  @usableFromInline static let blockRows = 64

  /// Sums over `outer` and `inner` of floating elements: blocks in the accumulator's precision, the
  /// block sums in Double. The order does not depend on the number of threads.
  @inlinable public static func sumFloating<Scalar: FloatingScalar>(
    _ x: AnyTensor, into y: AnyTensor, _ view: View, of type: Scalar.Type, workers: WorkerPool
  ) throws(StatusError) {
    let source = unsafe try x.pointer(of: Scalar.self)
    let target = unsafe try y.writablePointer(of: Scalar.self)
    let channels = view.channels
    if view.inner == 1 {
      // Columns of the matrix [outer, channels], a strip of channels per item.
      let strip = 64
      let strips = (channels &+ strip &- 1) / strip
      workers.parallelFor(count: strips, costPerItem: Double(view.outer) * 30) { range in
        for index in range {
          let first = index &* strip
          unsafe sumStrip(
            source + first, target + first, rows: view.outer, stride: channels,
            count: Swift.min(strip, channels &- first))
        }
      }
    } else {
      workers.parallelFor(
        count: channels, costPerItem: Double(view.outer) * Double(view.inner) * 0.5
      ) { range in
        for channel in range {
          var total = 0.0
          for outer in 0..<view.outer {
            let offset = (outer &* channels &+ channel) &* view.inner
            total += unsafe sumRun(source + offset, view.inner)
          }
          unsafe target[channel] = Scalar(converting: total)
        }
      }
    }
  }

  @unsafe @inlinable static func sumStrip<Scalar: FloatingScalar>(
    _ source: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>, rows: Int,
    stride: Int, count: Int
  ) {
    var totals = [Double](repeating: 0, count: count)
    var block = [Scalar.Accumulator](repeating: 0, count: count)
    var row = 0
    while row < rows {
      let end = Swift.min(row &+ blockRows, rows)
      for index in 0..<count { block[index] = 0 }
      while row < end {
        let line = unsafe source + row &* stride
        for index in 0..<count { block[index] += unsafe line[index].accumulator }
        row &+= 1
      }
      for index in 0..<count { totals[index] += block[index].doubleValue }
    }
    for index in 0..<count { unsafe target[index] = Scalar(converting: totals[index]) }
  }

  @unsafe @inlinable static func sumRun<Scalar: FloatingScalar>(
    _ source: UnsafePointer<Scalar>, _ count: Int
  ) -> Double {
    var total = 0.0
    var index = 0
    while index < count {
      let end = Swift.min(index &+ 8 &* blockRows, count)
      var block: Scalar.Accumulator = 0
      while index < end {
        block += unsafe source[index].accumulator
        index &+= 1
      }
      total += block.doubleValue
    }
    return total
  }
}
