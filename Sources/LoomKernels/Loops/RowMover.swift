package import LoomCore

/// Copies rows by index between tensors of one dtype: gather, scatter, stitch and partition.
package enum RowMover {
  /// A tensor `[batches, outer, limit, inner]` read at `indices` (`[batches, count]`) along its third
  /// dimension, written as `[batches, outer, count, inner]`.
  ///
  /// - Returns: the position of the first index outside `0 ..< limit`; `nil` if all were inside and
  ///   the rows were copied.
  package static func gather(
    _ params: AnyTensor, at indices: AnyTensor, into target: AnyTensor, batches: Int, outer: Int,
    limit: Int, inner: Int, workers: WorkerPool
  ) throws(StatusError) -> Int? {
    switch indices.dtype {
    case .int32:
      try gather(params, indices, Int32.self, target, batches, outer, limit, inner, workers)
    case .int64:
      try gather(params, indices, Int64.self, target, batches, outer, limit, inner, workers)
    case .int16:
      try gather(params, indices, Int16.self, target, batches, outer, limit, inner, workers)
    default: throw .internal("Expected an index tensor, got \(indices.dtype)")
    }
  }

  private static func gather<Index: IntegerScalar>(
    _ params: AnyTensor, _ indices: AnyTensor, _ type: Index.Type, _ target: AnyTensor,
    _ batches: Int, _ outer: Int, _ limit: Int, _ inner: Int, _ workers: WorkerPool
  ) throws(StatusError) -> Int? {
    let positions = try indices.span(of: type)
    for index in positions.indices {
      let position = positions[index]
      if position < 0 || Int(truncatingIfNeeded: position) >= limit { return index }
    }
    guard batches > 0, outer > 0, inner > 0, positions.count > 0 else { return nil }
    let count = positions.count / batches
    guard let sourceRows = Checked.product([batches, outer, limit, inner]),
      let targetRows = Checked.product([batches, outer, count, inner]),
      count &* batches == positions.count, sourceRows <= params.elementCount,
      targetRows <= target.elementCount, params.dtype == target.dtype
    else { throw .internal("Sizes of a gather do not fit its tensors") }
    ElementStorage(params.dtype).run(
      GatherJob<Index>(
        params: params, indices: indices, target: target, outer: outer, limit: limit,
        inner: inner, count: count, batches: batches, workers: workers))
    return nil
  }

  /// Copies rows of `length` elements: row `from[i]` of `source` (row `i` where `from` is `nil`)
  /// becomes row `to[i]` of `target` (row `i` where `to` is `nil`), in order.
  ///
  /// - Throws: ``StatusError/Code/internal`` if a row lies outside of its tensor.
  package static func copy(
    _ source: AnyTensor, rows from: [Int]?, into target: AnyTensor, rows to: [Int]?, length: Int,
    count: Int
  ) throws(StatusError) {
    guard length > 0, count > 0 else { return }
    let sourceRows = source.elementCount / length
    let targetRows = target.elementCount / length
    let fromFits =
      if let from { from.count == count && from.allSatisfy { $0 >= 0 && $0 < sourceRows } } else {
        count <= sourceRows
      }
    let toFits =
      if let to { to.count == count && to.allSatisfy { $0 >= 0 && $0 < targetRows } } else {
        count <= targetRows
      }
    guard source.dtype == target.dtype, fromFits, toFits else {
      throw .internal(
        "Rows to copy lie outside of tensors of shape \(source.shape) and \(target.shape)")
    }
    ElementStorage(source.dtype).run(
      IndexedRowsJob(
        source: source, from: from, target: target, to: to, length: length, count: count))
  }
}

// The jobs stay inside their tensors because `RowMover` checked indices and sizes.

private struct GatherJob<Index: IntegerScalar>: ElementJob {
  let params: AnyTensor
  let indices: AnyTensor
  let target: AnyTensor
  let outer: Int
  let limit: Int
  let inner: Int
  let count: Int
  let batches: Int
  let workers: WorkerPool

  func run<Element>(_ type: Element.Type) {
    let input = unsafe params.elements(as: type)
    let output = unsafe target.elements(as: type)
    let positions = unsafe indices.elements(as: Index.self)
    let (outer, limit, inner, count) = (self.outer, self.limit, self.inner, self.count)

    // A slab is one (batch, outer) pair; `rows` are the places of its result.
    func slab(_ slab: Int, _ rows: Range<Int>) {
      let base = unsafe input.advanced(by: slab &* limit &* inner)
      let result = unsafe output.advanced(by: slab &* count &* inner)
      let index = unsafe positions.advanced(by: slab / outer &* count)
      if inner == 1 {
        for row in rows { unsafe result[row] = base[Int(truncatingIfNeeded: index[row])] }
      } else {
        for row in rows {
          unsafe result.advanced(by: row &* inner).update(
            from: base.advanced(by: Int(truncatingIfNeeded: index[row]) &* inner), count: inner)
        }
      }
    }
    let slabs = batches &* outer
    let cost = Double(inner &* MemoryLayout<Element>.stride) * 0.15 + 2
    if Double(slabs) * Double(count) * cost < WorkerPool.worthSharing
      || params.dtype.byteSize == nil
    {
      for index in 0..<slabs { slab(index, 0..<count) }
    } else if slabs == 1 {
      workers.parallelFor(count: count, costPerItem: cost) { slab(0, $0) }
    } else {
      workers.parallelFor(count: slabs, costPerItem: cost * Double(count)) { range in
        for index in range { slab(index, 0..<count) }
      }
    }
  }
}

private struct IndexedRowsJob: ElementJob {
  let source: AnyTensor
  let from: [Int]?
  let target: AnyTensor
  let to: [Int]?
  let length: Int
  let count: Int

  func run<Element>(_ type: Element.Type) {
    let input = unsafe source.elements(as: type)
    let output = unsafe target.elements(as: type)
    for row in 0..<count {
      let sourceRow = if let from { from[row] } else { row }
      let targetRow = if let to { to[row] } else { row }
      unsafe output.advanced(by: targetRow &* length).update(
        from: input.advanced(by: sourceRow &* length), count: length)
    }
  }
}
