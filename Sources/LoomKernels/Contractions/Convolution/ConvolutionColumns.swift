internal import CLoomVector
internal import LoomCore

/// Convolutions as products of matrices: the patches of some output rows become rows of a matrix, and
/// the filter is a matrix already.
///
/// For element types and processors oneDNN does not serve.
enum ConvolutionColumns<Scalar: BlockedScalar> {
  /// Output rows whose patches fill a matrix of about this many elements.
  private static var blockSize: Int { 1 << 16 }

  private static func rowsPerBlock(_ shape: ConvolutionShape, patch: Int) -> Int {
    let perRow = Swift.max(1, shape.width.outputSize * patch)
    return Swift.max(1, Swift.min(shape.height.outputSize, blockSize / perRow))
  }

  /// Calls `body` with all blocks of output rows, `(image, rows)`, on the threads of the pool.
  private static func forEachBlock(
    _ shape: ConvolutionShape, _ rows: Int, _ pool: WorkerPool,
    _ body: (Int, Range<Int>) throws(StatusError) -> Void
  ) throws(StatusError) {
    let perImage = (shape.height.outputSize + rows - 1) / rows
    let count = perImage * shape.batch
    let cost = shape.cost(rate: Scalar.productRate) / Double(count)
    try pool.parallelFor(count: count, costPerItem: cost) { (range) throws(StatusError) in
      for index in range {
        let first = index % perImage * rows
        try body(index / perImage, first..<Swift.min(first + rows, shape.height.outputSize))
      }
    }
  }

  // MARK: Forward

  static func forward(
    _ shape: ConvolutionShape, _ epilogue: ConvolutionEpilogue, input: UnsafePointer<Scalar>,
    filter: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>?,
    output: UnsafeMutablePointer<Scalar>, pool: WorkerPool
  ) throws(StatusError) {
    let patch = shape.patchCount
    let rows = rowsPerBlock(shape, patch: patch)
    let groupOutputs = shape.outputChannels / shape.groups
    try forEachBlock(shape, rows, pool) { (image, range) throws(StatusError) in
      let pixels = range.count * shape.width.outputSize
      let to =
        unsafe output + image * shape.resultCount
        + range.lowerBound * shape.width.outputSize * shape.outputChannels
      try unsafe ThreadScratch.with(pixels * patch, of: Scalar.self, for: .columns) {
        (columns) throws(StatusError) in
        for group in 0..<shape.groups {
          unsafe gather(
            shape, input + image * shape.imageCount, range, group, taps: allTaps(shape), columns)
          let offset = group * groupOutputs
          try unsafe Scalar.multiplyPart(
            m: pixels, n: groupOutputs, k: patch, columns, rowA: patch, transposesA: false,
            filter + offset, rowB: shape.outputChannels, transposesB: false, to + offset,
            rowC: shape.outputChannels, accumulates: epilogue.addsToOutput)
        }
      }
      unsafe finish(epilogue, to, pixels: pixels, channels: shape.outputChannels, bias)
    }
  }

  private static func finish(
    _ epilogue: ConvolutionEpilogue, _ output: UnsafeMutablePointer<Scalar>, pixels: Int,
    channels: Int, _ bias: UnsafePointer<Scalar>?
  ) {
    if epilogue.addsBias, let bias = unsafe bias {
      for pixel in 0..<pixels {
        let row = unsafe output + pixel * channels
        for channel in 0..<channels {
          unsafe row[channel] = .wrappingAdd(row[channel], bias[channel])
        }
      }
    }
    if epilogue.activation == .none { return }
    let top = epilogue.activation == .relu6 ? Scalar(converting: 6) : .highest
    for index in 0..<pixels * channels {
      let value = unsafe output[index]
      unsafe output[index] = value < .zero ? .zero : value > top ? top : value
    }
  }

  // MARK: Backward

  /// Writes the gradient of the input: each gradient row times the transposed filter, scattered back.
  static func backwardInput(
    _ shape: ConvolutionShape, filter: UnsafePointer<Scalar>, gradient: UnsafePointer<Scalar>,
    into inputGradient: UnsafeMutablePointer<Scalar>, pool: WorkerPool
  ) throws(StatusError) {
    let patch = shape.patchCount
    let rows = rowsPerBlock(shape, patch: patch)
    let groupOutputs = shape.outputChannels / shape.groups
    let cost = shape.cost(rate: Scalar.productRate) / Double(shape.batch)
    // Patches overlap, so an image is one thread's.
    try pool.parallelFor(count: shape.batch, costPerItem: cost) { (images) throws(StatusError) in
      for image in images {
        let to = unsafe inputGradient + image * shape.imageCount
        unsafe to.update(repeating: .zero, count: shape.imageCount)
        for first in stride(from: 0, to: shape.height.outputSize, by: rows) {
          let range = first..<Swift.min(first + rows, shape.height.outputSize)
          let pixels = range.count * shape.width.outputSize
          let from =
            unsafe gradient + image * shape.resultCount
            + first * shape.width.outputSize * shape.outputChannels
          try unsafe ThreadScratch.with(pixels * patch, of: Scalar.self, for: .columns) {
            (columns) throws(StatusError) in
            for group in 0..<shape.groups {
              let offset = group * groupOutputs
              try unsafe Scalar.multiplyPart(
                m: pixels, n: patch, k: groupOutputs, from + offset, rowA: shape.outputChannels,
                transposesA: false, filter + offset, rowB: shape.outputChannels, transposesB: true,
                columns, rowC: patch, accumulates: false)
              unsafe scatter(shape, columns, range, group, to)
            }
          }
        }
      }
    }
  }

  /// Writes the gradient of the filter. Each tap of each group is one thread's: no sums to combine,
  /// so the result does not depend on the number of threads.
  static func backwardFilter(
    _ shape: ConvolutionShape, input: UnsafePointer<Scalar>, gradient: UnsafePointer<Scalar>,
    into filterGradient: UnsafeMutablePointer<Scalar>, pool: WorkerPool
  ) throws(StatusError) {
    let groupInputs = shape.inputChannels / shape.groups
    let groupOutputs = shape.outputChannels / shape.groups
    let rows = rowsPerBlock(shape, patch: groupInputs)
    let taps = shape.height.windowSize * shape.width.windowSize
    unsafe filterGradient.update(repeating: .zero, count: shape.filterCount)
    let count = taps * shape.groups
    let cost = shape.cost(rate: Scalar.productRate) / Double(count)
    try pool.parallelFor(count: count, costPerItem: cost) { (range) throws(StatusError) in
      for index in range {
        let (tap, group) = index.quotientAndRemainder(dividingBy: shape.groups)
        let to =
          unsafe filterGradient + tap * groupInputs * shape.outputChannels
          + group * groupOutputs
        for image in 0..<shape.batch {
          for first in stride(from: 0, to: shape.height.outputSize, by: rows) {
            let band = first..<Swift.min(first + rows, shape.height.outputSize)
            let pixels = band.count * shape.width.outputSize
            let from =
              unsafe gradient + image * shape.resultCount
              + first * shape.width.outputSize * shape.outputChannels + group * groupOutputs
            try unsafe ThreadScratch.with(pixels * groupInputs, of: Scalar.self, for: .columns) {
              (columns) throws(StatusError) in
              unsafe gather(
                shape, input + image * shape.imageCount, band, group, taps: tap..<tap + 1, columns)
              try unsafe Scalar.multiplyPart(
                m: groupInputs, n: groupOutputs, k: pixels, columns, rowA: groupInputs,
                transposesA: true, from, rowB: shape.outputChannels, transposesB: false, to,
                rowC: shape.outputChannels, accumulates: true)
            }
          }
        }
      }
    }
  }

  // MARK: Patches

  private static func allTaps(_ shape: ConvolutionShape) -> Range<Int> {
    0..<shape.height.windowSize * shape.width.windowSize
  }

  /// Writes the given taps of the patches of some output rows, one row of the matrix per pixel.
  private static func gather(
    _ shape: ConvolutionShape, _ image: UnsafePointer<Scalar>, _ rows: Range<Int>, _ group: Int,
    taps: Range<Int>, _ columns: UnsafeMutablePointer<Scalar>
  ) {
    let channels = shape.inputChannels / shape.groups
    var to = unsafe columns
    for y in rows {
      for x in 0..<shape.width.outputSize {
        for tap in taps {
          if let offset = pixel(shape, y, x, tap) {
            unsafe to.update(
              from: image + offset * shape.inputChannels + group * channels, count: channels)
          } else {
            unsafe to.update(repeating: .zero, count: channels)
          }
          unsafe to += channels
        }
      }
    }
  }

  /// Adds the rows of the matrix to the patches they stand for.
  private static func scatter(
    _ shape: ConvolutionShape, _ columns: UnsafePointer<Scalar>, _ rows: Range<Int>, _ group: Int,
    _ image: UnsafeMutablePointer<Scalar>
  ) {
    let channels = shape.inputChannels / shape.groups
    var from = unsafe columns
    for y in rows {
      for x in 0..<shape.width.outputSize {
        for tap in allTaps(shape) {
          if let offset = pixel(shape, y, x, tap) {
            let to = unsafe image + offset * shape.inputChannels + group * channels
            for channel in 0..<channels {
              unsafe to[channel] = .wrappingAdd(to[channel], from[channel])
            }
          }
          unsafe from += channels
        }
      }
    }
  }

  /// The input pixel a tap sees, or `nil` in the padding.
  private static func pixel(_ shape: ConvolutionShape, _ y: Int, _ x: Int, _ tap: Int) -> Int? {
    let (tapY, tapX) = tap.quotientAndRemainder(dividingBy: shape.width.windowSize)
    let inputY = shape.height.start(at: y) + tapY * shape.height.dilation
    let inputX = shape.width.start(at: x) + tapX * shape.width.dilation
    guard inputY >= 0, inputY < shape.height.inputSize, inputX >= 0, inputX < shape.width.inputSize
    else { return nil }
    return inputY * shape.width.inputSize + inputX
  }
}
