internal import CLoomVector
internal import LoomCore

/// Depthwise convolutions with one output per channel, and pools, of Float images and volumes.
///
/// Each window becomes a list of rows of channels for a loop in C. The caller has checked all sizes
/// against the geometry, so that every row lies inside its tensor. Sums run in a fixed order.
enum FloatWindows {
  private typealias Row = UnsafePointer<Float>
  private typealias WritableRow = UnsafeMutablePointer<Float>

  // MARK: Depthwise convolution

  static func convolve(
    _ x: UnsafePointer<Float>, _ filter: UnsafePointer<Float>,
    offset: UnsafePointer<Float>? = nil,
    _ activation: ConvolutionEpilogue.Activation = .none, into y: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, _ workers: WorkerPool
  ) {
    let (low, high) = activation.bounds
    let channels = geometry.inputChannels
    unsafe overWindows(geometry, workers, Row.self, Row.self) { image, position, _, rows, weights in
      let count = collect(geometry, position) { index, tap, input in
        unsafe rows[index] = unsafe x + (image &* geometry.inputPositions &+ input) &* channels
        unsafe weights[index] = unsafe filter + tap &* channels
      }
      let item = image &* geometry.outputPositions &+ position
      unsafe loom_window_dot_f32(
        rows, weights, count, offset, low, high, y + item &* channels, channels)
    }
  }

  static func convolveBackInput(
    _ upstream: UnsafePointer<Float>, _ filter: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry, _ workers: WorkerPool
  ) {
    let channels = geometry.inputChannels
    unsafe overStrips(geometry, workers, clearing: dx, WritableRow.self, Row.self) {
      image, position, strip, rows, weights in
      let count = collect(geometry, position) { index, tap, input in
        let pixel = image &* geometry.inputPositions &+ input
        unsafe rows[index] = unsafe dx + (pixel &* channels &+ strip.lowerBound)
        unsafe weights[index] = unsafe filter + (tap &* channels &+ strip.lowerBound)
      }
      let item = image &* geometry.outputPositions &+ position
      unsafe loom_window_scatter_f32(
        rows, weights, count, upstream + (item &* channels &+ strip.lowerBound), strip.count)
    }
  }

  static func convolveBackFilter(
    _ x: UnsafePointer<Float>, _ upstream: UnsafePointer<Float>,
    into filter: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry,
    _ workers: WorkerPool
  ) {
    let channels = geometry.inputChannels
    unsafe filter.update(repeating: 0, count: geometry.taps &* channels)
    // All images add to one filter: a strip of channels sees them all.
    let cost = windowCost(geometry) * Double(geometry.batch) * Double(geometry.outputPositions)
    let strips = (channels &+ strip &- 1) / strip
    workers.parallelFor(count: strips, costPerItem: cost / Double(strips)) { range in
      unsafe withRows(geometry, WritableRow.self, Row.self) { weights, rows in
        let first = range.lowerBound &* strip
        let length = Swift.min(range.upperBound &* strip, channels) &- first
        for image in 0..<geometry.batch {
          for position in 0..<geometry.outputPositions {
            let count = collect(geometry, position) { index, tap, input in
              let pixel = image &* geometry.inputPositions &+ input
              unsafe rows[index] = unsafe x + (pixel &* channels &+ first)
              unsafe weights[index] = unsafe filter + (tap &* channels &+ first)
            }
            let item = image &* geometry.outputPositions &+ position
            unsafe loom_window_scatter_f32(
              weights, rows, count, upstream + (item &* channels &+ first), length)
          }
        }
      }
    }
  }

  // MARK: Pools

  static func maximum(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, _ workers: WorkerPool
  ) {
    unsafe pool(x, y, geometry, workers) { rows, count, to, channels in
      unsafe loom_window_max_f32(rows, count, to, channels)
    }
  }

  static func mean(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, _ workers: WorkerPool
  ) {
    unsafe pool(x, y, geometry, workers) { rows, count, to, channels in
      unsafe loom_window_mean_f32(rows, count, to, channels)
    }
  }

  private static func pool(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry,
    _ workers: WorkerPool,
    _ body: (UnsafePointer<Row?>, Int, UnsafeMutablePointer<Float>, Int) -> Void
  ) {
    let channels = geometry.inputChannels
    unsafe overWindows(geometry, workers, Row.self, Row.self) { image, position, _, rows, _ in
      let count = collect(geometry, position) { index, _, input in
        unsafe rows[index] = unsafe x + (image &* geometry.inputPositions &+ input) &* channels
      }
      let item = image &* geometry.outputPositions &+ position
      unsafe body(rows, count, y + item &* channels, channels)
    }
  }

  static func maximumGradient(
    _ x: UnsafePointer<Float>, _ upstream: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry, _ workers: WorkerPool
  ) {
    let channels = geometry.inputChannels
    unsafe overStrips(geometry, workers, clearing: dx, WritableRow.self, Row.self) {
      image, position, strip, targets, rows in
      let count = collect(geometry, position) { index, _, input in
        let offset = (image &* geometry.inputPositions &+ input) &* channels &+ strip.lowerBound
        unsafe targets[index] = unsafe dx + offset
        unsafe rows[index] = unsafe x + offset
      }
      let item = image &* geometry.outputPositions &+ position
      unsafe loom_window_max_gradient_f32(
        rows, targets, count, upstream + (item &* channels &+ strip.lowerBound), strip.count)
    }
  }

  static func meanGradient(
    _ upstream: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, _ workers: WorkerPool
  ) {
    let channels = geometry.inputChannels
    unsafe overStrips(geometry, workers, clearing: dx, WritableRow.self, Row.self) {
      image, position, strip, targets, _ in
      let count = collect(geometry, position) { index, _, input in
        let pixel = image &* geometry.inputPositions &+ input
        unsafe targets[index] = unsafe dx + (pixel &* channels &+ strip.lowerBound)
      }
      let item = image &* geometry.outputPositions &+ position
      unsafe loom_window_spread_f32(
        targets, count, upstream + (item &* channels &+ strip.lowerBound),
        1 / Float(Swift.max(count, 1)), strip.count)
    }
  }

  // MARK: Loops

  /// Channels that a thread takes for itself where windows overlap: four cache lines.
  private static let strip = 64

  /// Nanoseconds for a window, all channels.
  private static func windowCost(_ geometry: ConvolutionGeometry) -> Double {
    15 + Double(geometry.taps) * (1 + Double(geometry.inputChannels) * 0.05)
  }

  /// Calls `body` for each window, with room for the rows of one window. Windows do not share results.
  private static func overWindows<First, Second>(
    _ geometry: ConvolutionGeometry, _ workers: WorkerPool, _ first: First.Type,
    _ second: Second.Type,
    _ body: (
      _ image: Int, _ position: Int, _ channels: Range<Int>, UnsafeMutablePointer<First?>,
      UnsafeMutablePointer<Second?>
    ) -> Void
  ) {
    let positions = geometry.outputPositions
    workers.parallelFor(
      count: geometry.batch &* positions, costPerItem: windowCost(geometry)
    ) { range in
      unsafe withRows(geometry, first, second) { rows, others in
        for item in range {
          let (image, position) = item.quotientAndRemainder(dividingBy: positions)
          unsafe body(image, position, 0..<geometry.inputChannels, rows, others)
        }
      }
    }
  }

  /// Clears the images of `target`, then calls `body` for each window and strip of channels: windows of
  /// one image overlap there, strips do not.
  private static func overStrips<First, Second>(
    _ geometry: ConvolutionGeometry, _ workers: WorkerPool,
    clearing target: UnsafeMutablePointer<Float>, _ first: First.Type, _ second: Second.Type,
    _ body: (
      _ image: Int, _ position: Int, _ channels: Range<Int>, UnsafeMutablePointer<First?>,
      UnsafeMutablePointer<Second?>
    ) -> Void
  ) {
    let channels = geometry.inputChannels
    unsafe target.update(
      repeating: 0, count: geometry.batch &* geometry.inputPositions &* channels)
    // Whole images if there are enough for all threads.
    let width = geometry.batch >= workers.threadCount ? channels : Swift.min(strip, channels)
    if width == 0 { return }
    let strips = (channels &+ width &- 1) / width
    let cost = 2 * windowCost(geometry) * Double(geometry.outputPositions) / Double(strips)
    workers.parallelFor(count: geometry.batch &* strips, costPerItem: cost) { range in
      unsafe withRows(geometry, first, second) { rows, others in
        for item in range {
          let (image, index) = item.quotientAndRemainder(dividingBy: strips)
          let part = index &* width..<Swift.min(index &* width &+ width, channels)
          for position in 0..<geometry.outputPositions {
            unsafe body(image, position, part, rows, others)
          }
        }
      }
    }
  }

  /// Lends room for the rows of one window.
  private static func withRows<First, Second>(
    _ geometry: ConvolutionGeometry, _ first: First.Type, _ second: Second.Type,
    _ body: (UnsafeMutablePointer<First?>, UnsafeMutablePointer<Second?>) -> Void
  ) {
    let capacity = Swift.max(1, geometry.taps)
    unsafe withUnsafeTemporaryAllocation(of: First?.self, capacity: capacity) { first in
      unsafe withUnsafeTemporaryAllocation(of: Second?.self, capacity: capacity) { second in
        // Both hold `capacity` pointers, which are trivial; a window has no more elements than that.
        guard let rows = first.baseAddress, let others = second.baseAddress else { return }
        unsafe rows.initialize(repeating: nil, count: capacity)
        unsafe others.initialize(repeating: nil, count: capacity)
        unsafe body(rows, others)
      }
    }
  }

  /// Numbers the elements of a window that lie inside the image.
  @inline(__always) private static func collect(
    _ geometry: ConvolutionGeometry, _ position: Int,
    _ body: (_ index: Int, _ tap: Int, _ input: Int) -> Void
  ) -> Int {
    var count = 0
    geometry.forEachTap(position) { tap, input in
      body(count, tap, input)
      count &+= 1
    }
    return count
  }
}
