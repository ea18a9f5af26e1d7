public import LoomCore

/// Fills tensors from a generator. What an element becomes depends on its position alone, so threads
/// may share the work.
public enum RandomFill {
  /// Fills `target`, which has the dtype of the distribution.
  @inlinable public static func run<Distribution: RandomDistribution>(
    _ distribution: Distribution, from generator: Philox, into target: AnyTensor,
    _ workers: WorkerPool
  ) throws(StatusError) {
    let count = target.elementCount
    let size = Distribution.groupSize
    let y = unsafe try target.writablePointer(of: Distribution.Scalar.self)
    let groups = count / size + (count % size == 0 ? 0 : 1)
    let cost = Distribution.stride == 1 ? 30.0 : 200.0
    workers.parallelFor(count: groups, costPerItem: cost) { range in
      var position = generator.skipping(UInt64(range.lowerBound) &* Distribution.stride)
      for group in range {
        var start = position
        let values = distribution.group(&start)
        position.skip(Distribution.stride)
        let first = group &* size
        for place in 0..<Swift.min(size, count &- first) {
          unsafe y[first &+ place] = values[place]
        }
      }
    }
  }
}
