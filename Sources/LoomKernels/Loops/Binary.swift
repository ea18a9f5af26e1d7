public import LoomCore

/// A function of two elements, applied with broadcasting: what a ``BinaryKernel`` is specialised for.
public protocol BinaryBody: SendableMetatype {
  associatedtype Input: TensorScalar
  associatedtype Output: TensorScalar
  static func apply(_ a: Input, _ b: Input) -> Output
  /// Nanoseconds per element on one core.
  static var cost: Double { get }
  /// Refuses operands the function is not defined for, such as integer zero divisors.
  static func check(_ a: AnyTensor, _ b: AnyTensor) throws(StatusError)
}

extension BinaryBody {
  @inlinable public static var cost: Double { 0.5 }
  @inlinable public static func check(_ a: AnyTensor, _ b: AnyTensor) throws(StatusError) {}
}

/// Element by element with numpy's broadcasting; works in place where an operand's memory is free.
public final class BinaryKernel<Body: BinaryBody>: Kernel {
  @inlinable public init() {}

  @inlinable public func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let a = try context.input(0)
    let b = try context.input(1)
    try Body.check(a, b)
    if a.shape == b.shape {
      try walk(a, b, context, shape: a.shape, stepA: 1, stepB: 1)
    } else if b.shape.isScalar || (b.elementCount == 1 && b.shape.rank <= a.shape.rank) {
      try walk(a, b, context, shape: a.shape, stepA: 1, stepB: 0)
    } else if a.shape.isScalar || (a.elementCount == 1 && a.shape.rank <= b.shape.rank) {
      try walk(a, b, context, shape: b.shape, stepA: 0, stepB: 1)
    } else {
      try broadcast(a, b, context)
    }
  }

  /// One run over the result; an operand with step 0 repeats its only element.
  @inlinable @inline(__always) func walk(
    _ a: AnyTensor, _ b: AnyTensor, _ context: borrowing KernelContext, shape: Shape, stepA: Int,
    stepB: Int
  ) throws(StatusError) {
    let output =
      stepA == 1
      ? try context.forwardOrAllocate(0, to: 0, dtype: Body.Output.dtype, shape: shape)
      : try context.forwardOrAllocate(1, to: 0, dtype: Body.Output.dtype, shape: shape)
    let x = unsafe try a.pointer(of: Body.Input.self)
    let y = unsafe try b.pointer(of: Body.Input.self)
    let z = unsafe try output.writablePointer(of: Body.Output.self)
    let count = shape.elementCount
    if Double(count) * Body.cost < WorkerPool.worthSharing {
      unsafe BinaryKernel.run(x, y, z, 0..<count, stepA, stepB)
      return
    }
    context.workers.parallelFor(count: count, costPerItem: Body.cost) { range in
      unsafe BinaryKernel.run(x, y, z, range, stepA, stepB)
    }
  }

  // Three plain loops: the compiler vectorises each.
  @unsafe @inlinable @inline(__always) static func run(
    _ x: UnsafePointer<Body.Input>, _ y: UnsafePointer<Body.Input>,
    _ z: UnsafeMutablePointer<Body.Output>, _ range: Range<Int>, _ stepA: Int, _ stepB: Int
  ) {
    guard !range.isEmpty else { return }
    if stepA == 1 && stepB == 1 {
      for index in range { unsafe z[index] = Body.apply(x[index], y[index]) }
    } else if stepB == 0 {
      let scalar = unsafe y[0]
      for index in range { unsafe z[index] = Body.apply(x[index], scalar) }
    } else {
      let scalar = unsafe x[0]
      for index in range { unsafe z[index] = Body.apply(scalar, y[index]) }
    }
  }

  @inlinable func broadcast(
    _ a: AnyTensor, _ b: AnyTensor, _ context: borrowing KernelContext
  ) throws(StatusError) {
    let plan = try Broadcast(a.shape, b.shape)
    let output = try context.allocate(0, dtype: Body.Output.dtype, shape: plan.result)
    let x = unsafe try a.pointer(of: Body.Input.self)
    let y = unsafe try b.pointer(of: Body.Input.self)
    let z = unsafe try output.writablePointer(of: Body.Output.self)
    let length = plan.rowLength
    let stepA = plan.rowWalksA ? 1 : 0
    let stepB = plan.rowWalksB ? 1 : 0
    plan.forEachRow { out, offsetA, offsetB in
      unsafe BinaryKernel.run(x + offsetA, y + offsetB, z + out, 0..<length, stepA, stepB)
    }
  }
}

/// Ops on two numbers, complex ones included.
public protocol NumericBinary: NumericKernelFamily {
  static func apply<Scalar: NumericScalar>(_ a: Scalar, _ b: Scalar) -> Scalar
}

public enum NumericBinaryBody<Op: NumericBinary, Scalar: NumericScalar>: BinaryBody {
  @inlinable @inline(__always) public static func apply(_ a: Scalar, _ b: Scalar) -> Scalar {
    Op.apply(a, b)
  }
}

extension NumericBinary {
  @inlinable public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    BinaryKernel<NumericBinaryBody<Self, Scalar>>()
  }
}

/// Ops on two ordered elements.
public protocol RealBinary: RealKernelFamily {
  static func apply<Scalar: RealScalar>(_ a: Scalar, _ b: Scalar) -> Scalar
}

public enum RealBinaryBody<Op: RealBinary, Scalar: RealScalar>: BinaryBody {
  @inlinable @inline(__always) public static func apply(_ a: Scalar, _ b: Scalar) -> Scalar {
    Op.apply(a, b)
  }
}

extension RealBinary {
  @inlinable public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    BinaryKernel<RealBinaryBody<Self, Scalar>>()
  }
}

/// Ops on two floating elements.
public protocol FloatingBinary: FloatingKernelFamily {
  static func apply<Scalar: FloatingScalar>(_ a: Scalar, _ b: Scalar) -> Scalar
}

public enum FloatingBinaryBody<Op: FloatingBinary, Scalar: FloatingScalar>: BinaryBody {
  @inlinable @inline(__always) public static func apply(_ a: Scalar, _ b: Scalar) -> Scalar {
    Op.apply(a, b)
  }
}

extension FloatingBinary {
  @inlinable public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    BinaryKernel<FloatingBinaryBody<Self, Scalar>>()
  }
}

/// Ordered comparisons.
public protocol RealComparison: RealKernelFamily {
  static func apply<Scalar: RealScalar>(_ a: Scalar, _ b: Scalar) -> Bool
}

public enum RealComparisonBody<Op: RealComparison, Scalar: RealScalar>: BinaryBody {
  @inlinable @inline(__always) public static func apply(_ a: Scalar, _ b: Scalar) -> Bool {
    Op.apply(a, b)
  }
}

extension RealComparison {
  @inlinable public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    BinaryKernel<RealComparisonBody<Self, Scalar>>()
  }
}
