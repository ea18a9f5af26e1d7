public import LoomCore

/// Sums (or other reductions) of rows that belong together.
public enum SegmentLoops<Body: ReductionBody> where Body.Input == Body.Output {
  /// Reduces rows `start ..< end` for each segment of a sorted list of ids.
  ///
  /// - Parameters:
  ///   - rows: Which row of `data` each entry means; `nil` means entry `i` is row `i`.
  ///   - ids: Checked by the caller: not negative, not falling, below the rows of `output`.
  ///   - empty: What segments without rows hold.
  @inlinable public static func sorted(
    _ data: AnyTensor, rows: [Int]?, ids: [Int], width: Int, into output: AnyTensor,
    empty: Body.Output, _ workers: WorkerPool
  ) throws(StatusError) {
    if output.elementCount == 0 { return }
    let segments = output.elementCount / width
    let x = unsafe try data.pointer(of: Body.Input.self)
    let y = unsafe try output.writablePointer(of: Body.Output.self)
    try SegmentIndices.check(rows: rows, ids: ids, width: width, data: data, segments: segments)
    // Where runs of one id begin.
    var starts: [Int] = []
    for index in ids.indices where index == 0 || ids[index] != ids[index - 1] {
      starts.append(index)
    }
    if starts.count < segments {
      for index in 0..<output.elementCount { unsafe y[index] = empty }
    }
    let cost = Double(ids.count) / Double(Swift.max(starts.count, 1)) * Double(width) * Body.cost
    workers.parallelFor(count: starts.count, costPerItem: cost + 5) { range in
      unsafe withUnsafeTemporaryAllocation(of: Body.Partial.self, capacity: width) { partials in
        for run in range {
          let end = run + 1 < starts.count ? starts[run + 1] : ids.count
          let target = unsafe y + ids[starts[run]] &* width
          for column in 0..<width { unsafe partials[column] = Body.initial }
          for entry in starts[run]..<end {
            let row = unsafe x + (rows.map { $0[entry] } ?? entry) &* width
            for column in 0..<width {
              unsafe partials[column] = Body.include(row[column], in: partials[column])
            }
          }
          for column in 0..<width {
            unsafe target[column] = Body.finish(partials[column], count: end - starts[run])
          }
        }
      }
    }
  }

  /// Reduces entry `i` of `data` into row `ids[i]` of `output`; negative ids are left out. Rows
  /// without entries hold what `Body` starts from.
  ///
  /// Each element of the result is gathered in the order of the entries, by one thread.
  @inlinable public static func unsorted(
    _ data: AnyTensor, ids: [Int], width: Int, into output: AnyTensor,
    _ context: borrowing KernelContext
  ) throws(StatusError) {
    if output.elementCount == 0 { return }
    let segments = output.elementCount / width
    let x = unsafe try data.pointer(of: Body.Input.self)
    let y = unsafe try output.writablePointer(of: Body.Output.self)
    for id in ids where id >= segments { throw SegmentIndices.outside(id, segments) }
    guard data.elementCount >= ids.count &* width else {
      throw .internal("\(ids.count) ids do not fit data of shape \(data.shape)")
    }
    let count = output.elementCount
    // One partial result for each element of the output: in its place where the types agree.
    let isInPlace = Body.Partial.self == Body.Output.self
    let scratch = try AnyTensor.uninitialized(
      dtype: .uint8,
      shape: Shape([isInPlace ? 0 : count, MemoryLayout<Body.Partial>.stride]),
      budget: context.budget)
    let memory =
      unsafe isInPlace
      ? UnsafeMutableRawPointer(y)
      : UnsafeMutableRawPointer(try scratch.writablePointer(of: UInt8.self))
    let partials = unsafe memory.bindMemory(to: Body.Partial.self, capacity: count)
    for index in 0..<count { unsafe partials[index] = Body.initial }
    context.workers.parallelFor(
      count: width, costPerItem: Double(ids.count) * (Body.cost + 0.5), alignment: 16
    ) { columns in
      for (entry, id) in ids.enumerated() where id >= 0 {
        let row = unsafe x + entry &* width
        let target = unsafe partials + id &* width
        for column in columns {
          unsafe target[column] = Body.include(row[column], in: target[column])
        }
      }
    }
    if isInPlace { return }
    for index in 0..<count { unsafe y[index] = Body.finish(partials[index], count: 1) }
  }
}

/// Checks that segment loops rely on.
public enum SegmentIndices {
  @usableFromInline static func check(
    rows: [Int]?, ids: [Int], width: Int, data: AnyTensor, segments: Int
  ) throws(StatusError) {
    let available = width == 0 ? 0 : data.elementCount / width
    if let rows {
      guard rows.count == ids.count else {
        throw .invalidArgument("segment_ids and indices should have same size.")
      }
      for (index, row) in rows.enumerated() where row < 0 || row >= available {
        throw .invalidArgument(
          "Bad: indices[\(index)] == \(row) out of range [0, \(available))")
      }
    } else if ids.count > available {
      throw .internal("\(ids.count) ids do not fit data of shape \(data.shape)")
    }
    var previous = 0
    for id in ids {
      if id < 0 || id >= segments { throw outside(id, segments) }
      if id < previous { throw .invalidArgument("segment ids are not increasing") }
      previous = id
    }
  }

  @inline(never) @usableFromInline static func outside(_ id: Int, _ segments: Int) -> StatusError {
    .invalidArgument("Segment id \(id) out of range [0, \(segments))")
  }
}
