public import LoomCore

/// A function of one element, applied to each: what a ``UnaryKernel`` is specialised for.
public protocol UnaryBody: SendableMetatype {
  associatedtype Input: TensorScalar
  associatedtype Output: TensorScalar
  static func apply(_ x: Input) -> Output
  /// Nanoseconds per element on one core, for deciding whether threads pay.
  static var cost: Double { get }
  /// Applies the function to `count` elements; replaced by vector code where there is some.
  @unsafe static func map(
    _ x: UnsafePointer<Input>, _ y: UnsafeMutablePointer<Output>, _ count: Int)
}

extension UnaryBody {
  @inlinable public static var cost: Double { 1 }

  // Not inlined: the kernel calls it from two places.
  @unsafe @inlinable @inline(never) public static func map(
    _ x: UnsafePointer<Input>, _ y: UnsafeMutablePointer<Output>, _ count: Int
  ) {
    for index in 0..<count { unsafe y[index] = apply(x[index]) }
  }
}

/// Element by element; works in place where the input's memory is free.
public final class UnaryKernel<Body: UnaryBody>: Kernel {
  @inlinable public init() {}

  @inlinable public func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let job = try unsafe context.unaryJob(Body.Input.dtype, Body.Output.dtype)
    // Both allocations hold `count` elements; the output is this kernel's alone.
    let source = unsafe job.source.assumingMemoryBound(to: Body.Input.self)
    let target = unsafe job.target.assumingMemoryBound(to: Body.Output.self)
    let count = unsafe job.count
    if Double(count) * Body.cost < WorkerPool.worthSharing {
      unsafe Body.map(source, target, count)
    } else {
      context.workers.parallelFor(count: count, costPerItem: Body.cost) { range in
        unsafe Body.map(source + range.lowerBound, target + range.lowerBound, range.count)
      }
    }
    unsafe extendLifetime(job.hold)
  }
}

/// Ops that apply one function to floating elements: `static func apply` is all they need.
/// The 16-bit types are computed in Float and rounded.
public protocol FloatingUnary: FloatingKernelFamily, ElementCost {
  static func apply<Scalar: FloatingScalar>(_ x: Scalar) -> Scalar
}

public enum FloatingUnaryBody<Op: FloatingUnary, Scalar: FloatingScalar>: UnaryBody {
  @inlinable @inline(__always) public static func apply(_ x: Scalar) -> Scalar { Op.apply(x) }
  @inlinable public static var cost: Double { Op.cost }
}

extension FloatingUnary {
  @inlinable public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    unary16(FloatingUnaryBody<Self, Float>.self, Scalar.dtype)
      ?? specialized(UnaryKernel<FloatingUnaryBody<Self, Scalar>>())
  }
}

/// Ops that ask one question of each floating element.
public protocol FloatingPredicate: FloatingKernelFamily, ElementCost {
  static func apply<Scalar: FloatingScalar>(_ x: Scalar) -> Bool
}

public enum FloatingPredicateBody<Op: FloatingPredicate, Scalar: FloatingScalar>: UnaryBody {
  @inlinable @inline(__always) public static func apply(_ x: Scalar) -> Bool { Op.apply(x) }
  @inlinable public static var cost: Double { Op.cost }
}

extension FloatingPredicate {
  @inlinable public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    predicate16(FloatingPredicateBody<Self, Float>.self, Scalar.dtype)
      ?? specialized(UnaryKernel<FloatingPredicateBody<Self, Scalar>>())
  }
}

/// Ops that apply one function to ordered elements.
public protocol RealUnary: RealKernelFamily, ElementCost {
  static func apply<Scalar: RealScalar>(_ x: Scalar) -> Scalar
}

public enum RealUnaryBody<Op: RealUnary, Scalar: RealScalar>: UnaryBody {
  @inlinable @inline(__always) public static func apply(_ x: Scalar) -> Scalar { Op.apply(x) }
  @inlinable public static var cost: Double { Op.cost }
}

extension RealUnary {
  @inlinable public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    unary16(RealUnaryBody<Self, Float>.self, Scalar.dtype)
      ?? specialized(UnaryKernel<RealUnaryBody<Self, Scalar>>())
  }
}

/// Ops that apply one function to numbers, complex ones included.
public protocol NumericUnary: NumericKernelFamily, ElementCost {
  static func apply<Scalar: NumericScalar>(_ x: Scalar) -> Scalar
}

public enum NumericUnaryBody<Op: NumericUnary, Scalar: NumericScalar>: UnaryBody {
  @inlinable @inline(__always) public static func apply(_ x: Scalar) -> Scalar { Op.apply(x) }
  @inlinable public static var cost: Double { Op.cost }
}

extension NumericUnary {
  @inlinable public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    unary16(NumericUnaryBody<Self, Float>.self, Scalar.dtype)
      ?? specialized(UnaryKernel<NumericUnaryBody<Self, Scalar>>())
  }
}

/// Ops that apply one function to integers.
public protocol IntegerUnary: IntegerKernelFamily, ElementCost {
  static func apply<Scalar: IntegerScalar>(_ x: Scalar) -> Scalar
}

public enum IntegerUnaryBody<Op: IntegerUnary, Scalar: IntegerScalar>: UnaryBody {
  @inlinable @inline(__always) public static func apply(_ x: Scalar) -> Scalar { Op.apply(x) }
  @inlinable public static var cost: Double { Op.cost }
}

extension IntegerUnary {
  @inlinable public static func kernel<Scalar: IntegerScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(UnaryKernel<IntegerUnaryBody<Self, Scalar>>())
  }
}
