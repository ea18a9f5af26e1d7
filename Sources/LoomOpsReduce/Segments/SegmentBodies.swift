import LoomCore
import LoomKernels

// Maxima and minima of segments treat NaN unlike plain reductions: it stays only until the next
// number, as in TensorFlow's loops.

/// Keeps the larger.
enum LastMaxBody<Scalar: RealScalar>: ReductionBody {
  static var initial: Scalar { .lowest }
  @inline(__always) static func include(_ x: Scalar, in partial: Scalar) -> Scalar {
    x < partial ? partial : x
  }
  @inline(__always) static func combine(_ a: Scalar, _ b: Scalar) -> Scalar { include(b, in: a) }
  static func finish(_ partial: Scalar, count: Int) -> Scalar { partial }
}

/// Keeps the smaller.
enum LastMinBody<Scalar: RealScalar>: ReductionBody {
  static var initial: Scalar { .highest }
  @inline(__always) static func include(_ x: Scalar, in partial: Scalar) -> Scalar {
    partial < x ? partial : x
  }
  @inline(__always) static func combine(_ a: Scalar, _ b: Scalar) -> Scalar { include(b, in: a) }
  static func finish(_ partial: Scalar, count: Int) -> Scalar { partial }
}

/// Keeps the larger, beginning with the lowest finite value, which empty segments hold.
enum FiniteMaxBody<Scalar: RealScalar>: ReductionBody {
  static var initial: Scalar { ArgReduction<Scalar>.lowestFinite }
  @inline(__always) static func include(_ x: Scalar, in partial: Scalar) -> Scalar {
    x < partial ? partial : x
  }
  @inline(__always) static func combine(_ a: Scalar, _ b: Scalar) -> Scalar { include(b, in: a) }
  static func finish(_ partial: Scalar, count: Int) -> Scalar { partial }
}

/// Keeps the smaller, beginning with the highest finite value, which empty segments hold.
enum FiniteMinBody<Scalar: RealScalar>: ReductionBody {
  static var initial: Scalar { ArgReduction<Scalar>.highestFinite }
  @inline(__always) static func include(_ x: Scalar, in partial: Scalar) -> Scalar {
    partial < x ? partial : x
  }
  @inline(__always) static func combine(_ a: Scalar, _ b: Scalar) -> Scalar { include(b, in: a) }
  static func finish(_ partial: Scalar, count: Int) -> Scalar { partial }
}

/// Adds up and divides by the square root of the number of elements.
enum RootMeanBody<Scalar: AccumulatingScalar>: ReductionBody {
  static var initial: Scalar.Total { .zero }
  @inline(__always) static func include(_ x: Scalar, in partial: Scalar.Total) -> Scalar.Total {
    .wrappingAdd(partial, x.total)
  }
  @inline(__always) static func combine(_ a: Scalar.Total, _ b: Scalar.Total) -> Scalar.Total {
    .wrappingAdd(a, b)
  }
  static func finish(_ partial: Scalar.Total, count: Int) -> Scalar {
    Scalar.narrowed(.quotient(partial, Scalar.Total(converting: Double(count).squareRoot())))
  }
}
