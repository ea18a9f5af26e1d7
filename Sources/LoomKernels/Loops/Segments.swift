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
    let segments = width == 0 ? 0 : output.elementCount / width
    if segments == 0 { return }
    let x = unsafe try data.pointer(of: Body.Input.self)
    let y = unsafe try output.writablePointer(of: Body.Output.self)
    try SegmentIndices.check(rows: rows, ids: ids, width: width, data: data, segments: segments)
    // Where each segment's entries begin.
    var starts = [Int](repeating: 0, count: segments + 1)
    for id in ids { starts[id + 1] += 1 }
    for segment in 0..<segments { starts[segment + 1] += starts[segment] }
    let cost = Double(ids.count) / Double(segments) * Double(width) * Body.cost + 5
    workers.parallelFor(count: segments, costPerItem: cost) { range in
      unsafe withUnsafeTemporaryAllocation(of: Body.Partial.self, capacity: width) { partials in
        for segment in range {
          let entries = starts[segment]..<starts[segment + 1]
          let target = unsafe y + segment &* width
          if entries.isEmpty {
            for column in 0..<width { unsafe target[column] = empty }
            continue
          }
          for column in 0..<width { unsafe partials[column] = Body.initial }
          for entry in entries {
            let row = unsafe x + (rows.map { $0[entry] } ?? entry) &* width
            for column in 0..<width {
              unsafe partials[column] = Body.include(row[column], in: partials[column])
            }
          }
          for column in 0..<width {
            unsafe target[column] = Body.finish(partials[column], count: entries.count)
          }
        }
      }
    }
  }

  /// Reduces entry `i` of `data` into row `ids[i]` of `output`; negative ids are left out.
  ///
  /// Each element of the result is gathered in the order of the entries, by one thread.
  @inlinable public static func unsorted(
    _ data: AnyTensor, ids: [Int], width: Int, into output: AnyTensor, empty: Body.Output,
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
    var counts = [Int](repeating: 0, count: segments)
    for id in ids where id >= 0 { counts[id] += 1 }
    let partialBytes = MemoryLayout<Body.Partial>.stride
    let scratch = try AnyTensor.uninitialized(
      dtype: .uint8, shape: SegmentIndices.scratchShape(output.elementCount, partialBytes),
      budget: context.budget)
    // The scratch tensor holds one partial result for each element of the output.
    let memory = unsafe UnsafeMutableRawPointer(try scratch.writablePointer(of: UInt8.self))
    let partials = unsafe memory.bindMemory(to: Body.Partial.self, capacity: output.elementCount)
    for index in 0..<output.elementCount { unsafe partials[index] = Body.initial }
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
    for segment in 0..<segments {
      for index in segment &* width..<(segment &+ 1) &* width {
        unsafe y[index] =
          counts[segment] == 0 ? empty : Body.finish(partials[index], count: counts[segment])
      }
    }
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
    for id in ids where id < 0 || id >= segments { throw outside(id, segments) }
  }

  @usableFromInline static func scratchShape(_ count: Int, _ size: Int) throws(StatusError) -> Shape
  {
    try Shape([count, size])
  }

  @inline(never) @usableFromInline static func outside(_ id: Int, _ segments: Int) -> StatusError {
    .invalidArgument("Segment id \(id) out of range [0, \(segments))")
  }
}
