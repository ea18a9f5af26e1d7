import LoomCore
import LoomGraph
import LoomKernels

/// Moves between an image cut into blocks, `space`, and a batch with one entry per place in a block,
/// `batch`: element `[b, p * block + offset - start, ...]` of the former is element
/// `[offset * batches + b, p, ...]` of the latter.
struct BlockMover {
  let space: Shape
  let batch: Shape
  /// Sizes of a block, and what the space lacks before its first block, by spatial dimension.
  let block: [Int]
  let start: [Int]

  /// Calls `body` for each place in a block that has elements, with the walk over them: sizes, and
  /// strides and offset in either tensor.
  private func forEachPlace(
    _ body: (
      _ sizes: [Int], _ space: (strides: [Int], offset: Int), _ batch: (strides: [Int], offset: Int)
    ) throws(StatusError) -> Void
  ) throws(StatusError) {
    let (spaceStrides, batchStrides) = (space.strides, batch.strides)
    let batches = space[0]
    var offsets = [Int](repeating: 0, count: block.count)
    var place = 0
    while place &* batches < batch[0] {
      var sizes = space.sizes
      var strides = spaceStrides
      var spaceOffset = 0
      // Offsets and strides stay inside tensors whose element counts were checked.
      var batchOffset = place &* batches &* batchStrides[0]
      for index in block.indices {
        let dimension = index + 1
        // The first and the end of the positions whose element lies inside the space.
        let before = start[index] - offsets[index]
        let first = before <= 0 ? 0 : (before - 1) / block[index] + 1
        let limit = space[dimension] + before
        let end = Swift.min(limit <= 0 ? 0 : (limit - 1) / block[index] + 1, batch[dimension])
        sizes[dimension] = Swift.max(end - first, 0)
        strides[dimension] = spaceStrides[dimension] &* block[index]
        spaceOffset &+= (first &* block[index] &- before) &* spaceStrides[dimension]
        batchOffset &+= first &* batchStrides[dimension]
      }
      if !sizes.contains(0) {
        try body(sizes, (strides, spaceOffset), (batchStrides, batchOffset))
      }
      place += 1
      var index = block.count - 1
      while index >= 0 {
        offsets[index] += 1
        if offsets[index] < block[index] { break }
        offsets[index] = 0
        index -= 1
      }
    }
  }

  func gather(
    _ input: AnyTensor, into output: AnyTensor, _ workers: WorkerPool
  ) throws(StatusError) {
    guard input.elementCount > 0, output.elementCount > 0 else { return }
    try forEachPlace { (sizes, space, batch) throws(StatusError) in
      try StridedCopy(
        sizes: sizes, sourceStrides: space.strides, targetStrides: batch.strides,
        sourceOffset: space.offset, targetOffset: batch.offset
      ).run(from: input, to: output, workers: workers)
    }
  }

  func scatter(
    _ input: AnyTensor, into output: AnyTensor, _ workers: WorkerPool
  ) throws(StatusError) {
    guard input.elementCount > 0, output.elementCount > 0 else { return }
    try forEachPlace { (sizes, space, batch) throws(StatusError) in
      try StridedCopy(
        sizes: sizes, sourceStrides: batch.strides, targetStrides: space.strides,
        sourceOffset: batch.offset, targetOffset: space.offset
      ).run(from: input, to: output, workers: workers)
    }
  }
}

/// Block sizes and borders, read from inputs.
struct Blocks {
  let sizes: [Int]
  let before: [Int]
  let after: [Int]
  let product: Int

  init(
    block: [Int], borders: AnyTensor, input: Shape, named name: String
  ) throws(StatusError) {
    guard input.rank >= 1 + block.count else {
      throw .invalidArgument(
        "input rank should be >= \(1 + block.count) instead of \(input.rank)")
    }
    guard borders.shape.rank == 2, borders.shape[0] == block.count, borders.shape[1] == 2 else {
      throw .invalidArgument(
        "\(name) should have shape [\(block.count), 2] instead of \(borders.shape)")
    }
    for (index, size) in block.enumerated() where size < 1 {
      throw .invalidArgument(
        "All values in block_shape must be positive, got value, \(size) at index \(index).")
    }
    let values = try borders.integers()
    guard values.allSatisfy({ $0 >= 0 }) else {
      throw .invalidArgument("\(name) must be non-negative")
    }
    guard let product = Checked.product(block) else {
      throw .invalidArgument("Product of block sizes must fit 64 bits")
    }
    sizes = block
    before = block.indices.map { values[2 * $0] }
    after = block.indices.map { values[2 * $0 + 1] }
    self.product = product
  }
}

extension ShapeContext {
  /// Block sizes and borders as far as they are known: input `block`, or one size for both dimensions.
  struct KnownBlocks {
    var sizes: [Int?]
    var borders: [(before: Int?, after: Int?)]
  }

  func knownBlocks(
    block: Int?, size: Int?, borders: Int, named name: String
  ) throws(StatusError) -> KnownBlocks? {
    var sizes: [Int?] = [size, size]
    if let block {
      try requireRank(block, 1)
      guard let count = input(block)[0] ?? partialValue(block)?.count, count <= 254 else {
        return nil
      }
      sizes = partialValue(block) ?? [Int?](repeating: nil, count: count)
      guard sizes.count == count else { return nil }
    }
    for case let size? in sizes where size < 1 {
      throw .invalidArgument("block_shape must be positive")
    }
    _ = try requireRank(borders, 2).merged(with: [sizes.count, 2])
    var pairs = [(before: Int?, after: Int?)](repeating: (nil, nil), count: sizes.count)
    if let values = try constant(borders)?.integers(), values.count == 2 * sizes.count {
      for index in sizes.indices {
        let (before, after) = (values[2 * index], values[2 * index + 1])
        guard before >= 0, after >= 0 else {
          throw .invalidArgument("\(name) cannot be negative")
        }
        pairs[index] = (before, after)
      }
    }
    return KnownBlocks(sizes: sizes, borders: pairs)
  }

  func inferSpaceToBatch(_ blocks: KnownBlocks?) throws(StatusError) {
    guard let blocks else { return }
    let input = try requireRank(0, atLeast: blocks.sizes.count + 1)
    guard var sizes = input.sizes else { return }
    for (index, block) in blocks.sizes.enumerated() {
      sizes[0] = try ShapeContext.multiply(sizes[0], block)
      let padded = try ShapeContext.add(
        ShapeContext.add(sizes[index + 1], blocks.borders[index].before),
        blocks.borders[index].after)
      sizes[index + 1] = if let block { try ShapeContext.divide(padded, by: block) } else { nil }
    }
    setOutput(0, PartialShape(sizes))
  }

  func inferBatchToSpace(_ blocks: KnownBlocks?) throws(StatusError) {
    guard let blocks else { return }
    let input = try requireRank(0, atLeast: blocks.sizes.count + 1)
    guard var sizes = input.sizes else { return }
    for (index, block) in blocks.sizes.enumerated() {
      sizes[0] = if let block { try ShapeContext.divide(sizes[0], by: block) } else { nil }
      let whole = try ShapeContext.multiply(sizes[index + 1], block)
      sizes[index + 1] = try ShapeContext.subtract(
        ShapeContext.subtract(whole, blocks.borders[index].before), blocks.borders[index].after)
    }
    setOutput(0, PartialShape(sizes))
  }
}

extension KernelContext {
  func spaceToBatch(block: [Int], paddings: Int) throws(StatusError) {
    let input = try input(0)
    let blocks = try Blocks(
      block: block, borders: self.input(paddings), input: input.shape, named: "paddings")
    var sizes = input.shape.sizes
    guard let batches = Checked.multiply(sizes[0], blocks.product) else {
      throw .invalidArgument("The batch size overflows")
    }
    sizes[0] = batches
    for index in block.indices {
      guard
        let padded = Checked.total([sizes[index + 1], blocks.before[index], blocks.after[index]])
      else { throw .invalidArgument("The padded size of dimension \(index + 1) overflows") }
      guard padded % block[index] == 0 else {
        throw .invalidArgument(
          "padded_shape[\(index)]=\(padded) is not divisible by block_shape[\(index)]=\(block[index])"
        )
      }
      sizes[index + 1] = padded / block[index]
    }
    let shape = try Shape(sizes)
    let mover = try mover(0, dtype: input.dtype, shape: shape)
    if !blocks.before.allSatisfy({ $0 == 0 }) || !blocks.after.allSatisfy({ $0 == 0 }) {
      mover.zeroAll()
    }
    try BlockMover(space: input.shape, batch: shape, block: block, start: blocks.before)
      .gather(input, into: mover.target, workers)
  }

  func batchToSpace(block: [Int], crops: Int) throws(StatusError) {
    let input = try input(0)
    let blocks = try Blocks(
      block: block, borders: self.input(crops), input: input.shape, named: "crops")
    var sizes = input.shape.sizes
    guard sizes[0] % blocks.product == 0 else {
      throw .invalidArgument(
        "Input batch dimension (\(sizes[0])) is not divisible by product of block sizes "
          + "(\(blocks.product))")
    }
    sizes[0] /= blocks.product
    for index in block.indices {
      guard let whole = Checked.multiply(sizes[index + 1], block[index]),
        let border = Checked.add(blocks.before[index], blocks.after[index])
      else { throw .invalidArgument("The size of dimension \(index + 1) overflows") }
      guard border <= whole else {
        throw .invalidArgument(
          "cropped_shape[\(index)]=\(whole - border) must be non-negative")
      }
      sizes[index + 1] = whole - border
    }
    let shape = try Shape(sizes)
    let output = try allocate(0, dtype: input.dtype, shape: shape)
    try BlockMover(space: shape, batch: input.shape, block: block, start: blocks.before)
      .scatter(input, into: output, workers)
  }
}
