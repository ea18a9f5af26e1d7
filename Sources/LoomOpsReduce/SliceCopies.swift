import LoomCore
import LoomKernels

extension KernelContext {
  /// Copies the slices `positions` of `source` along the axis of `view` into `target`.
  func gatherSlices(
    _ source: AnyTensor, _ view: AxisView, at positions: [Int], into target: AnyTensor
  ) throws(StatusError) {
    if target.elementCount == 0 { return }
    let indices = try AnyTensor(
      positions.map { Int64($0) }, shape: Shape(vector: positions.count), budget: budget)
    let outside = try RowMover.gather(
      source, at: indices, into: target, batches: 1, outer: view.outer, limit: view.length,
      inner: view.inner, workers: workers)
    if let outside { throw .internal("Slice \(positions[outside]) is outside of \(source.shape)") }
  }
}
