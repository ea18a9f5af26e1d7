internal import CLoomVector
internal import LoomCore

/// Convolutions as products of matrices: the patches of some output rows become rows of a matrix, and
/// the filter is a matrix already.
///
/// For element types and processors oneDNN does not serve.
enum ConvolutionColumns<Scalar: BlockedScalar> {
  /// Output rows whose patches fill a matrix of about this many elements.
  private static var blockSize: Int { 1 << 16 }

  private static func rowsPerBlock(_ geometry: ConvolutionGeometry, patch: Int) -> Int {
    let perRow = Swift.max(1, geometry.width.output * patch)
    return Swift.max(1, Swift.min(geometry.height.output, blockSize / perRow))
  }

  /// One group also if there are no input channels, so that the output is written.
  private static func groups(_ geometry: ConvolutionGeometry) -> Int {
    Swift.max(1, geometry.groups)
  }

  /// Calls `body` with all blocks of output rows, `(image, rows)`, on the threads of the pool.
  private static func forEachBlock(
    _ geometry: ConvolutionGeometry, _ rows: Int, _ pool: WorkerPool,
    _ body: (Int, Range<Int>) throws(StatusError) -> Void
  ) throws(StatusError) {
    let perImage = (geometry.height.output + rows - 1) / rows
    let count = perImage * geometry.batch
    let cost = geometry.cost(rate: Scalar.productRate) / Double(count)
    try pool.parallelFor(count: count, costPerItem: cost) { (range) throws(StatusError) in
      for index in range {
        let first = index % perImage * rows
        try body(index / perImage, first..<Swift.min(first + rows, geometry.height.output))
      }
    }
  }

  // MARK: Forward

  static func forward(
    _ geometry: ConvolutionGeometry, _ epilogue: ConvolutionEpilogue, input: UnsafePointer<Scalar>,
    filter: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>?,
    output: UnsafeMutablePointer<Scalar>, pool: WorkerPool
  ) throws(StatusError) {
    let patch = geometry.patchCount
    let rows = rowsPerBlock(geometry, patch: patch)
    let groupOutputs = geometry.outputChannels / groups(geometry)
    try forEachBlock(geometry, rows, pool) { (image, range) throws(StatusError) in
      let pixels = range.count * geometry.width.output
      let to =
        unsafe output + image * geometry.resultCount
        + range.lowerBound * geometry.width.output * geometry.outputChannels
      try unsafe ThreadScratch.with(pixels * patch, of: Scalar.self, for: .columns) {
        (columns) throws(StatusError) in
        for group in 0..<groups(geometry) {
          unsafe gather(
            geometry, input + image * geometry.imageCount, range, group, taps: allTaps(geometry),
            columns)
          let offset = group * groupOutputs
          try unsafe Scalar.multiplyPart(
            m: pixels, n: groupOutputs, k: patch, columns, rowA: patch, transposesA: false,
            filter + offset, rowB: geometry.outputChannels, transposesB: false, to + offset,
            rowC: geometry.outputChannels, accumulates: epilogue.addsToOutput)
        }
      }
      unsafe finish(epilogue, to, pixels: pixels, channels: geometry.outputChannels, bias)
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
    _ geometry: ConvolutionGeometry, filter: UnsafePointer<Scalar>, gradient: UnsafePointer<Scalar>,
    into inputGradient: UnsafeMutablePointer<Scalar>, pool: WorkerPool
  ) throws(StatusError) {
    let patch = geometry.patchCount
    let rows = rowsPerBlock(geometry, patch: patch)
    let groupOutputs = geometry.outputChannels / groups(geometry)
    let cost = geometry.cost(rate: Scalar.productRate) / Double(geometry.batch)
    // Patches overlap, so an image is one thread's.
    try pool.parallelFor(count: geometry.batch, costPerItem: cost) { (images) throws(StatusError) in
      for image in images {
        let to = unsafe inputGradient + image * geometry.imageCount
        unsafe to.update(repeating: .zero, count: geometry.imageCount)
        for first in stride(from: 0, to: geometry.height.output, by: rows) {
          let range = first..<Swift.min(first + rows, geometry.height.output)
          let pixels = range.count * geometry.width.output
          let from =
            unsafe gradient + image * geometry.resultCount
            + first * geometry.width.output * geometry.outputChannels
          try unsafe ThreadScratch.with(pixels * patch, of: Scalar.self, for: .columns) {
            (columns) throws(StatusError) in
            for group in 0..<groups(geometry) {
              let offset = group * groupOutputs
              try unsafe Scalar.multiplyPart(
                m: pixels, n: patch, k: groupOutputs, from + offset, rowA: geometry.outputChannels,
                transposesA: false, filter + offset, rowB: geometry.outputChannels,
                transposesB: true,
                columns, rowC: patch, accumulates: false)
              unsafe scatter(geometry, columns, range, group, to)
            }
          }
        }
      }
    }
  }

  /// Writes the gradient of the filter. Each tap of each group is one thread's: no sums to combine,
  /// so the result does not depend on the number of threads.
  static func backwardFilter(
    _ geometry: ConvolutionGeometry, input: UnsafePointer<Scalar>, gradient: UnsafePointer<Scalar>,
    into filterGradient: UnsafeMutablePointer<Scalar>, pool: WorkerPool
  ) throws(StatusError) {
    let groupInputs = geometry.filterChannels
    let groupOutputs = geometry.outputChannels / groups(geometry)
    let rows = rowsPerBlock(geometry, patch: groupInputs)
    let taps = geometry.height.kernel * geometry.width.kernel
    unsafe filterGradient.update(repeating: .zero, count: geometry.filterCount)
    let count = taps * groups(geometry)
    let cost = geometry.cost(rate: Scalar.productRate) / Double(count)
    try pool.parallelFor(count: count, costPerItem: cost) { (range) throws(StatusError) in
      for index in range {
        let (tap, group) = index.quotientAndRemainder(dividingBy: groups(geometry))
        let to =
          unsafe filterGradient + tap * groupInputs * geometry.outputChannels
          + group * groupOutputs
        for image in 0..<geometry.batch {
          for first in stride(from: 0, to: geometry.height.output, by: rows) {
            let band = first..<Swift.min(first + rows, geometry.height.output)
            let pixels = band.count * geometry.width.output
            let from =
              unsafe gradient + image * geometry.resultCount
              + first * geometry.width.output * geometry.outputChannels + group * groupOutputs
            try unsafe ThreadScratch.with(pixels * groupInputs, of: Scalar.self, for: .columns) {
              (columns) throws(StatusError) in
              unsafe gather(
                geometry, input + image * geometry.imageCount, band, group, taps: tap..<tap + 1,
                columns)
              try unsafe Scalar.multiplyPart(
                m: groupInputs, n: groupOutputs, k: pixels, columns, rowA: groupInputs,
                transposesA: true, from, rowB: geometry.outputChannels, transposesB: false, to,
                rowC: geometry.outputChannels, accumulates: true)
            }
          }
        }
      }
    }
  }

  // MARK: Patches

  private static func allTaps(_ geometry: ConvolutionGeometry) -> Range<Int> {
    0..<geometry.height.kernel * geometry.width.kernel
  }

  /// Writes the given taps of the patches of some output rows, one row of the matrix per pixel.
  private static func gather(
    _ geometry: ConvolutionGeometry, _ image: UnsafePointer<Scalar>, _ rows: Range<Int>,
    _ group: Int,
    taps: Range<Int>, _ columns: UnsafeMutablePointer<Scalar>
  ) {
    let channels = geometry.filterChannels
    var to = unsafe columns
    for y in rows {
      for x in 0..<geometry.width.output {
        for tap in taps {
          if let offset = pixel(geometry, y, x, tap) {
            unsafe to.update(
              from: image + offset * geometry.inputChannels + group * channels, count: channels)
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
    _ geometry: ConvolutionGeometry, _ columns: UnsafePointer<Scalar>, _ rows: Range<Int>,
    _ group: Int,
    _ image: UnsafeMutablePointer<Scalar>
  ) {
    let channels = geometry.filterChannels
    var from = unsafe columns
    for y in rows {
      for x in 0..<geometry.width.output {
        for tap in allTaps(geometry) {
          if let offset = pixel(geometry, y, x, tap) {
            let to = unsafe image + offset * geometry.inputChannels + group * channels
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
  private static func pixel(_ geometry: ConvolutionGeometry, _ y: Int, _ x: Int, _ tap: Int) -> Int?
  {
    let (tapY, tapX) = tap.quotientAndRemainder(dividingBy: geometry.width.kernel)
    guard let inputY = geometry.height.position(y, tapY),
      let inputX = geometry.width.position(x, tapX)
    else { return nil }
    return inputY * geometry.width.input + inputX
  }
}
