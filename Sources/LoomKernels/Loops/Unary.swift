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

  @unsafe @inlinable public static func map(
    _ x: UnsafePointer<Input>, _ y: UnsafeMutablePointer<Output>, _ count: Int
  ) {
    for index in 0..<count { unsafe y[index] = apply(x[index]) }
  }
}

/// Element by element; works in place where the input's memory is free.
public final class UnaryKernel<Body: UnaryBody>: Kernel {
  @inlinable public init() {}

  @inlinable public func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let x = try context.input(0)
    let y = try context.forwardOrAllocate(0, to: 0, dtype: Body.Output.dtype, shape: x.shape)
    let source = unsafe try x.pointer(of: Body.Input.self)
    let target = unsafe try y.writablePointer(of: Body.Output.self)
    let count = x.elementCount
    // Both allocations hold `count` elements; the output is this kernel's alone.
    if Double(count) * Body.cost < WorkerPool.worthSharing {
      unsafe Body.map(source, target, count)
      return
    }
    context.workers.parallelFor(count: count, costPerItem: Body.cost) { range in
      unsafe Body.map(source + range.lowerBound, target + range.lowerBound, range.count)
    }
  }
}

/// Ops that apply one function to floating elements: `static func apply` is all they need.
public protocol FloatingUnary: FloatingKernelFamily {
  static func apply<Scalar: FloatingScalar>(_ x: Scalar) -> Scalar
}

public enum FloatingUnaryBody<Op: FloatingUnary, Scalar: FloatingScalar>: UnaryBody {
  @inlinable @inline(__always) public static func apply(_ x: Scalar) -> Scalar { Op.apply(x) }
}

extension FloatingUnary {
  @inlinable public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    UnaryKernel<FloatingUnaryBody<Self, Scalar>>()
  }
}

/// Ops that apply one function to ordered elements.
public protocol RealUnary: RealKernelFamily {
  static func apply<Scalar: RealScalar>(_ x: Scalar) -> Scalar
}

public enum RealUnaryBody<Op: RealUnary, Scalar: RealScalar>: UnaryBody {
  @inlinable @inline(__always) public static func apply(_ x: Scalar) -> Scalar { Op.apply(x) }
}

extension RealUnary {
  @inlinable public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    UnaryKernel<RealUnaryBody<Self, Scalar>>()
  }
}

/// Ops that apply one function to numbers, complex ones included.
public protocol NumericUnary: NumericKernelFamily {
  static func apply<Scalar: NumericScalar>(_ x: Scalar) -> Scalar
}

public enum NumericUnaryBody<Op: NumericUnary, Scalar: NumericScalar>: UnaryBody {
  @inlinable @inline(__always) public static func apply(_ x: Scalar) -> Scalar { Op.apply(x) }
}

extension NumericUnary {
  @inlinable public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    UnaryKernel<NumericUnaryBody<Self, Scalar>>()
  }
}
