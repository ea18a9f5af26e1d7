import CLoomVector
public import LoomCore

/// Batch normalisation of Float matrices `[rows, channels]`, one statistic per channel.
///
/// Sums run over blocks of rows in Float and over the blocks in Double, in an order that depends on the
/// sizes alone.
public enum BatchNormalizationLoops {
  /// Mean and biased variance of each channel; NaN where there are no rows.
  public static func moments(
    _ x: AnyTensor, channels: Int, workers: WorkerPool
  ) throws(StatusError) -> (mean: [Float], variance: [Float]) {
    let source = unsafe try x.pointer(of: Float.self)
    let rows = channels == 0 ? 0 : x.elementCount / channels
    let sums = unsafe reduceRows(rows, channels, accumulators: 1, workers) { rows, block in
      for row in rows {
        unsafe loom_accumulate_f32(source + row &* channels, nil, block, nil, channels)
      }
    }
    let mean = sums.map { Float($0 / Double(rows)) }
    let squares = unsafe reduceRows(rows, channels, accumulators: 2, workers) { rows, block in
      for row in rows {
        // The first accumulator is not wanted: it is the sum again.
        unsafe mean.withUnsafeBufferPointer { center in
          unsafe loom_accumulate_f32(
            source + row &* channels, center.baseAddress, block, block + channels, channels)
        }
      }
    }
    let variance = squares[channels...].map { Float($0 / Double(rows)) }
    return (mean, Array(variance))
  }

  /// `y = (x - mean) * factor + offset`. `y` may be `x`.
  public static func normalize(
    _ x: AnyTensor, mean: [Float], factor: [Float], offset: [Float], into y: AnyTensor,
    workers: WorkerPool
  ) throws(StatusError) {
    let channels = mean.count
    guard channels > 0 else { return }
    let source = unsafe try x.pointer(of: Float.self)
    let target = unsafe try y.writablePointer(of: Float.self)
    workers.parallelFor(
      count: x.elementCount / channels, costPerItem: 2 + Double(channels) * 0.4
    ) { range in
      // All three arrays hold `channels` elements.
      unsafe mean.withUnsafeBufferPointer { mean in
        unsafe factor.withUnsafeBufferPointer { factor in
          unsafe offset.withUnsafeBufferPointer { offset in
            for row in range {
              let line = unsafe source + row &* channels
              let result = unsafe target + row &* channels
              for index in 0..<channels {
                unsafe result[index] = (line[index] - mean[index]) * factor[index] + offset[index]
              }
            }
          }
        }
      }
    }
  }

  /// For each channel `Σ dy` and `Σ dy * (x - mean)`.
  public static func gradientSums(
    _ dy: AnyTensor, _ x: AnyTensor, mean: [Float], workers: WorkerPool
  ) throws(StatusError) -> (gradient: [Double], product: [Double]) {
    let channels = mean.count
    let source = unsafe try x.pointer(of: Float.self)
    let gradients = unsafe try dy.pointer(of: Float.self)
    let rows = channels == 0 ? 0 : x.elementCount / channels
    let sums = unsafe reduceRows(rows, channels, accumulators: 2, workers) { rows, block in
      let products = unsafe block + channels
      unsafe mean.withUnsafeBufferPointer { mean in
        for row in rows {
          let line = unsafe source + row &* channels
          let gradient = unsafe gradients + row &* channels
          for index in 0..<channels {
            unsafe block[index] += gradient[index]
            unsafe products[index] += gradient[index] * (line[index] - mean[index])
          }
        }
      }
    }
    return (Array(sums[..<channels]), Array(sums[channels...]))
  }

  /// `dx = (dy - shift - (x - mean) * slope) * factor`. `dx` may be `dy` or `x`.
  public static func gradient(
    _ dy: AnyTensor, _ x: AnyTensor, mean: [Float], shift: [Float], slope: [Float],
    factor: [Float], into dx: AnyTensor, workers: WorkerPool
  ) throws(StatusError) {
    let channels = mean.count
    guard channels > 0 else { return }
    let source = unsafe try x.pointer(of: Float.self)
    let gradients = unsafe try dy.pointer(of: Float.self)
    let target = unsafe try dx.writablePointer(of: Float.self)
    workers.parallelFor(
      count: x.elementCount / channels, costPerItem: 2 + Double(channels) * 0.6
    ) { range in
      for row in range {
        let start = row &* channels
        for index in 0..<channels {
          let centered = unsafe source[start &+ index] - mean[index]
          let value = unsafe gradients[start &+ index] - shift[index] - centered * slope[index]
          unsafe target[start &+ index] = value * factor[index]
        }
      }
    }
  }

  /// Exchanges channels and space: `[batch, a, b]` becomes `[batch, b, a]`.
  public static func transpose(
    _ x: AnyTensor, batch: Int, _ a: Int, _ b: Int
  ) throws(StatusError) -> AnyTensor {
    let y = try AnyTensor.uninitialized(dtype: .float, shape: x.shape)
    guard x.elementCount > 0 else { return y }
    let source = unsafe try x.pointer(of: Float.self)
    let target = unsafe try y.writablePointer(of: Float.self)
    for image in 0..<batch {
      let offset = image &* a &* b
      unsafe loom_transpose_4(source + offset, b, target + offset, a, a, b)
    }
    return y
  }

  /// Rows that are summed in Float.
  private static let blockRows = 128
  /// Parts that threads may share.
  private static let partCount = 32

  /// Sums over rows: `body` adds a range of rows to `accumulators` rows of Float sums.
  private static func reduceRows(
    _ rows: Int, _ channels: Int, accumulators: Int, _ workers: WorkerPool,
    _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) -> [Double] {
    let width = channels &* accumulators
    let blocks = (rows &+ blockRows &- 1) / blockRows
    let parts = Swift.max(1, Swift.min(partCount, blocks))
    var totals = [Double](repeating: 0, count: width &* parts)
    unsafe totals.withUnsafeMutableBufferPointer { totals in
      // Each part writes to its own row of totals.
      let all = unsafe totals
      let cost = Double(blocks) / Double(parts) * Double(blockRows) * Double(width) * 0.3
      workers.parallelFor(count: parts, costPerItem: cost) { range in
        var block = [Float](repeating: 0, count: Swift.max(width, 1))
        for part in range {
          var next = blocks &* part / parts
          let end = blocks &* (part &+ 1) / parts
          while next < end {
            for index in block.indices { block[index] = 0 }
            let first = next &* blockRows
            unsafe block.withUnsafeMutableBufferPointer { block in
              guard let base = block.baseAddress else { return }
              unsafe body(first..<Swift.min(first &+ blockRows, rows), base)
            }
            for index in 0..<width { unsafe all[part &* width &+ index] += Double(block[index]) }
            next &+= 1
          }
        }
      }
    }
    var result = Array(totals[..<width])
    for part in 1..<Swift.max(parts, 1) {
      for index in 0..<width { result[index] += totals[part &* width &+ index] }
    }
    return result
  }
}
