package import LoomCore

/// A copy of an n-dimensional block between two tensors of one dtype, each walked with strides of its
/// own: transposes, slices, padding, tiles, broadcasts and reversals are all of this form.
///
/// Strides count elements; 0 repeats and negative ones walk backwards. Dimensions that both sides walk
/// without a gap are merged, so most copies become runs of bytes or blocks of a plain transpose.
@safe package struct StridedCopy {
  /// Outermost first.
  private(set) var sizes: [Int] = []
  private(set) var sourceStrides: [Int] = []
  private(set) var targetStrides: [Int] = []
  let sourceOffset: Int
  let targetOffset: Int
  private(set) var isEmpty = false

  /// Elements on a side of the square that a transpose moves at once: both squares fit the first-level
  /// cache.
  fileprivate static let tile = 16

  package init(
    sizes: [Int], sourceStrides: [Int], targetStrides: [Int], sourceOffset: Int = 0,
    targetOffset: Int = 0
  ) {
    self.sourceOffset = sourceOffset
    self.targetOffset = targetOffset
    let rank = Swift.min(sizes.count, sourceStrides.count, targetStrides.count)
    for index in 0..<rank {
      let size = sizes[index]
      if size <= 0 { isEmpty = true }
      if size == 1 { continue }
      let (source, target) = (sourceStrides[index], targetStrides[index])
      // The dimension before continues this one if stepping it once equals walking this one whole.
      if let last = self.sizes.indices.last,
        self.sourceStrides[last] == Checked.multiply(source, size),
        self.targetStrides[last] == Checked.multiply(target, size),
        let merged = Checked.multiply(self.sizes[last], size)
      {
        self.sizes[last] = merged
        self.sourceStrides[last] = source
        self.targetStrides[last] = target
      } else {
        self.sizes.append(size)
        self.sourceStrides.append(source)
        self.targetStrides.append(target)
      }
    }
    if self.sizes.isEmpty {
      self.sizes = [1]
      self.sourceStrides = [1]
      self.targetStrides = [1]
    }
  }

  /// Whether every element reached with `strides` from `offset` lies in `0 ..< count`.
  private func stays(in count: Int, _ strides: [Int], from offset: Int) -> Bool {
    var low = offset
    var high = offset
    for (size, stride) in zip(sizes, strides) {
      guard let reach = Checked.multiply(size - 1, stride),
        let newLow = Checked.add(low, Swift.min(reach, 0)),
        let newHigh = Checked.add(high, Swift.max(reach, 0))
      else { return false }
      low = newLow
      high = newHigh
    }
    return low >= 0 && high < count
  }

  /// Copies.
  ///
  /// - Parameter target: memory that only the calling kernel holds.
  /// - Throws: ``StatusError/Code/internal`` if the walk leaves a tensor or the dtypes differ.
  package func run(
    from source: AnyTensor, to target: AnyTensor, workers: WorkerPool
  ) throws(StatusError) {
    if isEmpty { return }
    guard source.dtype == target.dtype,
      stays(in: source.elementCount, sourceStrides, from: sourceOffset),
      stays(in: target.elementCount, targetStrides, from: targetOffset)
    else {
      throw .internal(
        "A strided copy leaves its source of shape \(source.shape) or its target of shape "
          + "\(target.shape)")
    }
    ElementStorage(source.dtype).run(
      StridedCopyJob(copy: self, source: source, target: target, workers: workers))
  }
}

/// The loops of a ``StridedCopy``, which has checked that they stay inside both tensors.
private struct StridedCopyJob: ElementJob {
  let copy: StridedCopy
  let source: AnyTensor
  let target: AnyTensor
  let workers: WorkerPool

  /// How the innermost one or two dimensions are walked.
  private enum Inner {
    case run
    case fill
    case strided(Int, Int)
    /// Together with the dimension that the source walks without a gap.
    case transpose(dimension: Int)
  }

  private var inner: Inner {
    let last = copy.sizes.count - 1
    switch (copy.sourceStrides[last], copy.targetStrides[last]) {
    case (1, 1): return .run
    case (0, 1): return .fill
    case (let from, let to):
      let contiguous = (0..<last).last { copy.sourceStrides[$0] == 1 }
      if to == 1, let contiguous, copy.sizes[contiguous] > 3 {
        return .transpose(dimension: contiguous)
      }
      return .strided(from, to)
    }
  }

  func run<Element>(_ type: Element.Type) {
    let input = unsafe source.elements(as: type).advanced(by: copy.sourceOffset)
    let output = unsafe target.elements(as: type).advanced(by: copy.targetOffset)
    let last = copy.sizes.count - 1
    let length = copy.sizes[last]
    let inner = inner
    var outer = Array(0..<last)
    var work = length
    if case .transpose(let dimension) = inner {
      outer.removeAll { $0 == dimension }
      work = work &* copy.sizes[dimension]
    }
    let outerSizes = outer.map { copy.sizes[$0] }
    let fromStrides = outer.map { copy.sourceStrides[$0] }
    let toStrides = outer.map { copy.targetStrides[$0] }
    // Sizes multiply to at most the target's element count unless strides repeat, which targets don't.
    let count = outerSizes.reduce(1, &*)

    func walk(_ range: Range<Int>) {
      var position = outerSizes
      var from = 0
      var to = 0
      var rest = range.lowerBound
      for index in outerSizes.indices.reversed() {
        position[index] = rest % outerSizes[index]
        rest /= outerSizes[index]
        from &+= position[index] &* fromStrides[index]
        to &+= position[index] &* toStrides[index]
      }
      for _ in range {
        switch inner {
        case .run:
          unsafe output.advanced(by: to).update(from: input.advanced(by: from), count: length)
        case .fill:
          unsafe output.advanced(by: to).update(repeating: input[from], count: length)
        case .strided(let fromStep, let toStep):
          unsafe StridedCopyJob.step(
            input.advanced(by: from), output.advanced(by: to), length, fromStep, toStep)
        case .transpose(let dimension):
          unsafe StridedCopyJob.transpose(
            input.advanced(by: from), output.advanced(by: to), rows: copy.sizes[dimension],
            columns: length, sourceStride: copy.sourceStrides[last],
            targetStride: copy.targetStrides[dimension])
        }
        var index = outerSizes.count - 1
        while index >= 0 {
          position[index] &+= 1
          from &+= fromStrides[index]
          to &+= toStrides[index]
          if position[index] < outerSizes[index] { break }
          from &-= fromStrides[index] &* outerSizes[index]
          to &-= toStrides[index] &* outerSizes[index]
          position[index] = 0
          index -= 1
        }
      }
    }
    let cost = Double(work) * Double(MemoryLayout<Element>.stride) * 0.15
    if count == 1 || cost * Double(count) < WorkerPool.worthSharing || source.dtype.byteSize == nil
    {
      walk(0..<count)
    } else {
      workers.parallelFor(count: count, costPerItem: cost) { walk($0) }
    }
  }

  @unsafe @inline(__always)
  private static func step<Element>(
    _ input: UnsafePointer<Element>, _ output: UnsafeMutablePointer<Element>, _ count: Int,
    _ fromStep: Int, _ toStep: Int
  ) {
    if toStep == 1 {
      for index in 0..<count { unsafe output[index] = input[index &* fromStep] }
    } else {
      for index in 0..<count { unsafe output[index &* toStep] = input[index &* fromStep] }
    }
  }

  /// `output[r * targetStride + c] = input[c * sourceStride + r]`, square by square.
  @unsafe
  private static func transpose<Element>(
    _ input: UnsafePointer<Element>, _ output: UnsafeMutablePointer<Element>, rows: Int,
    columns: Int, sourceStride: Int, targetStride: Int
  ) {
    let tile = StridedCopy.tile
    var row = 0
    while row < rows {
      let rowEnd = Swift.min(row &+ tile, rows)
      var column = 0
      while column < columns {
        let columnEnd = Swift.min(column &+ tile, columns)
        for r in row..<rowEnd {
          let line = unsafe output.advanced(by: r &* targetStride)
          for c in column..<columnEnd { unsafe line[c] = input[c &* sourceStride &+ r] }
        }
        column = columnEnd
      }
      row = rowEnd
    }
  }
}
