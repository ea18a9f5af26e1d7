public import LoomCore

/// A tensor seen as `[outer, length, inner]` around one of its axes.
public struct AxisView: Sendable {
  public let outer: Int
  public let length: Int
  public let inner: Int

  /// `axis` must lie within the shape, which must not be a scalar's.
  @inlinable public init(_ shape: Shape, axis: Int) {
    outer = shape.count(in: 0..<axis)
    length = shape[axis]
    inner = shape.count(in: (axis + 1)..<Swift.max(shape.rank, axis + 1))
  }
}

/// Running totals along the axis that input 1 names, forwards or backwards.
public final class ScanKernel<Body: ReductionBody>: Kernel where Body.Input == Body.Output {
  @usableFromInline let isExclusive: Bool
  @usableFromInline let isReverse: Bool

  @inlinable public init(_ construction: KernelConstruction) throws(StatusError) {
    isExclusive = try construction.attributes.bool("exclusive")
    isReverse = try construction.attributes.bool("reverse")
  }

  @inlinable public func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let axisTensor = try context.input(1)
    let shape = try context.shape(of: 0)
    guard axisTensor.shape.isScalar, let named = try axisTensor.integers().first else {
      throw .invalidArgument("ScanOp: axis must be a scalar, not \(axisTensor.shape)")
    }
    let rank = shape.rank
    guard named >= -rank, named < rank else {
      throw .invalidArgument(
        "ScanOp: Expected scan axis in the range [\(-rank), \(rank)), but got \(named)")
    }
    let (x, output) = try context.inPlace(0, to: 0)
    if x.elementCount == 0 { return }
    let view = AxisView(x.shape, axis: named < 0 ? named + rank : named)
    let source = unsafe try x.pointer(of: Body.Input.self)
    let target = unsafe try output.writablePointer(of: Body.Output.self)
    // Each line is scanned by one thread; lines beside each other together, as memory has them.
    let width = 256
    let chunks = (view.inner + width - 1) / width
    context.workers.parallelFor(
      count: view.outer &* chunks,
      costPerItem: Double(view.length &* Swift.min(view.inner, width)) * (Body.cost + 0.5)
    ) { range in
      unsafe withUnsafeTemporaryAllocation(of: Body.Partial.self, capacity: width) { scratch in
        for index in range {
          let (outer, chunk) = index.quotientAndRemainder(dividingBy: chunks)
          let count = Swift.min(width, view.inner &- chunk &* width)
          let start = outer &* view.length &* view.inner &+ chunk &* width
          for column in 0..<count { unsafe scratch[column] = Body.initial }
          for step in 0..<view.length {
            let row = start &+ (isReverse ? view.length &- 1 &- step : step) &* view.inner
            for column in 0..<count {
              // The element is read before its place is written, which may be the same.
              let before = unsafe scratch[column]
              let after = unsafe Body.include(source[row &+ column], in: before)
              unsafe target[row &+ column] = Body.finish(isExclusive ? before : after, count: 1)
              unsafe scratch[column] = after
            }
          }
        }
      }
    }
  }
}
