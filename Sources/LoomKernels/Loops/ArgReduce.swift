public import LoomCore

/// Positions of extreme values along an axis.
public enum ArgReduction<Scalar: RealScalar> {
  /// Writes, for each line of `x` along the axis of `view`, the position of its largest (or smallest)
  /// element: the first of equals, 0 where nothing compares beyond the type's last finite value, so
  /// that NaN never counts.
  ///
  /// - Parameter target: a tensor of int64 with `outer · inner` elements.
  @inlinable public static func run(
    _ x: AnyTensor, _ view: AxisView, largest: Bool, into target: AnyTensor, _ workers: WorkerPool
  ) throws(StatusError) {
    let source = unsafe try x.pointer(of: Scalar.self)
    let result = unsafe try target.writablePointer(of: Int64.self)
    let width = 256
    let chunks = (view.inner + width - 1) / width
    let worst = largest ? lowestFinite : highestFinite
    workers.parallelFor(
      count: view.outer &* chunks,
      costPerItem: Double(view.length &* Swift.min(view.inner, width)) * 0.5
    ) { range in
      for index in range {
        let (outer, chunk) = index.quotientAndRemainder(dividingBy: chunks)
        let start = unsafe source + (outer &* view.length &* view.inner &+ chunk &* width)
        let place = unsafe result + (outer &* view.inner &+ chunk &* width)
        let count = Swift.min(width, view.inner &- chunk &* width)
        if view.inner == 1 {
          unsafe place.pointee = Int64(line(start, view.length, largest, worst))
        } else {
          unsafe columns(start, view, count, largest, worst, place)
        }
      }
    }
  }

  // The extreme value first, in a loop the compiler vectorises, then where it stands.
  @unsafe @inlinable static func line(
    _ x: UnsafePointer<Scalar>, _ count: Int, _ largest: Bool, _ worst: Scalar
  ) -> Int {
    var best = worst
    if largest {
      for index in 0..<count { best = unsafe best < x[index] ? x[index] : best }
    } else {
      for index in 0..<count { best = unsafe x[index] < best ? x[index] : best }
    }
    if best == worst { return 0 }
    var index = 0
    while index < count, unsafe x[index] != best { index &+= 1 }
    return index < count ? index : 0
  }

  @unsafe @inlinable static func columns(
    _ x: UnsafePointer<Scalar>, _ view: AxisView, _ count: Int, _ largest: Bool, _ worst: Scalar,
    _ place: UnsafeMutablePointer<Int64>
  ) {
    unsafe withUnsafeTemporaryAllocation(of: Scalar.self, capacity: count) { best in
      for column in 0..<count {
        unsafe best[column] = worst
        unsafe place[column] = 0
      }
      for row in 0..<view.length {
        let values = unsafe x + row &* view.inner
        for column in 0..<count {
          let value = unsafe values[column]
          let isBetter = unsafe largest ? best[column] < value : value < best[column]
          if isBetter {
            unsafe best[column] = value
            unsafe place[column] = Int64(row)
          }
        }
      }
    }
  }

  /// The lowest value that is not an infinity.
  @inlinable public static var lowestFinite: Scalar {
    switch Scalar.dtype {
    case .float: Scalar(converting: -Double(Float.greatestFiniteMagnitude))
    case .double: Scalar(converting: -Double.greatestFiniteMagnitude)
    case .half: Scalar(converting: -Double(Float16.greatestFiniteMagnitude))
    case .bfloat16: Scalar(converting: -3.389_531_389_251_535_5e38)
    default: .lowest
    }
  }

  /// The highest value that is not an infinity.
  @inlinable public static var highestFinite: Scalar {
    switch Scalar.dtype {
    case .float, .double, .half, .bfloat16: .wrappingSubtract(.zero, lowestFinite)
    default: .highest
    }
  }
}
