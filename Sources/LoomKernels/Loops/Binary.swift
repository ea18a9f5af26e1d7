public import LoomCore

/// A function of two elements, applied with broadcasting: what a ``BinaryKernel`` is specialised for.
public protocol BinaryBody: SendableMetatype {
  associatedtype Input: TensorScalar
  associatedtype Output: TensorScalar
  static func apply(_ a: Input, _ b: Input) -> Output
  /// Nanoseconds per element on one core.
  static var cost: Double { get }
  /// Whether shapes follow numpy's rules; otherwise operands need equally many elements.
  static var broadcasts: Bool { get }
  /// `z[i] = apply(x[i * stepX], y[i * stepY])`, with steps of 0 or 1, not both 0. `z` may be an
  /// operand of step 1.
  @unsafe static func run(
    _ x: UnsafePointer<Input>, _ y: UnsafePointer<Input>, _ z: UnsafeMutablePointer<Output>,
    _ count: Int, _ stepX: Int, _ stepY: Int)
  /// Refuses second operands the function is not defined for, such as integer zero divisors.
  @unsafe static func check(_ b: UnsafePointer<Input>, _ count: Int) throws(StatusError)
}

extension BinaryBody {
  @inlinable public static var cost: Double { 0.5 }
  @inlinable public static var broadcasts: Bool { true }

  @unsafe @inlinable @inline(__always)
  public static func check(_ b: UnsafePointer<Input>, _ count: Int) throws(StatusError) {}

  // Three plain loops: the compiler vectorises each. Not inlined, so that they exist once per body.
  @unsafe @inlinable @inline(never) public static func run(
    _ x: UnsafePointer<Input>, _ y: UnsafePointer<Input>, _ z: UnsafeMutablePointer<Output>,
    _ count: Int, _ stepX: Int, _ stepY: Int
  ) {
    guard count > 0 else { return }
    if stepX == 1 && stepY == 1 {
      for index in 0..<count { unsafe z[index] = apply(x[index], y[index]) }
    } else if stepY == 0 {
      let scalar = unsafe y[0]
      for index in 0..<count { unsafe z[index] = apply(x[index], scalar) }
    } else {
      let scalar = unsafe x[0]
      for index in 0..<count { unsafe z[index] = apply(scalar, y[index]) }
    }
  }
}

/// Element by element with numpy's broadcasting; works in place where an operand's memory is free.
public final class BinaryKernel<Body: BinaryBody>: Kernel {
  @usableFromInline let input: DType
  @usableFromInline let output: DType

  /// - Parameters:
  ///   - input: Another dtype whose elements have the layout of `Body.Input`.
  ///   - output: Another dtype whose elements have the layout of `Body.Output`.
  @inlinable public init(
    input: DType = Body.Input.dtype, output: DType = Body.Output.dtype
  ) {
    self.input = input
    self.output = output
  }

  @inlinable public func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let job = try unsafe context.binaryJob(input, output, broadcasts: Body.broadcasts)
    // The job checked dtypes and sizes; the output is this kernel's alone.
    let x = unsafe job.a.assumingMemoryBound(to: Body.Input.self)
    let y = unsafe job.b.assumingMemoryBound(to: Body.Input.self)
    let z = unsafe job.target.assumingMemoryBound(to: Body.Output.self)
    let count = unsafe job.count
    let (stepX, stepY) = unsafe (job.stepA, job.stepB)
    if count > 0 { try unsafe Body.check(y, job.elementsOfB) }
    if let plan = unsafe job.detour?.broadcast {
      unsafe BinaryKernel.broadcast(plan, x, y, z, context.workers)
    } else if Double(count) * Body.cost < WorkerPool.worthSharing {
      unsafe Body.run(x, y, z, count, stepX, stepY)
    } else {
      context.workers.parallelFor(count: count, costPerItem: Body.cost) { range in
        let start = range.lowerBound
        unsafe Body.run(
          x + start &* stepX, y + start &* stepY, z + start, range.count, stepX, stepY)
      }
    }
    unsafe extendLifetime(job.detour)
  }

  @unsafe @inlinable @inline(never) static func broadcast(
    _ plan: Broadcast, _ x: UnsafePointer<Body.Input>, _ y: UnsafePointer<Body.Input>,
    _ z: UnsafeMutablePointer<Body.Output>, _ workers: WorkerPool
  ) {
    let stepX = plan.rowWalksA ? 1 : 0
    let stepY = plan.rowWalksB ? 1 : 0
    // Blocks lie inside the result and walk operands only along dimensions they have.
    plan.share(workers, costPerElement: Body.cost) { block in
      for row in 0..<block.rowCount {
        unsafe Body.run(
          x + block.a + row &* block.pitchA, y + block.b + row &* block.pitchB,
          z + block.target + row &* plan.rowLength, block.length, stepX, stepY)
      }
    }
  }
}

/// What two-operand ops may say of themselves besides their function.
public protocol BinaryTraits: ElementCost {
  /// Whether shapes follow numpy's rules; otherwise operands need equally many elements.
  static var broadcasts: Bool { get }
  /// Whether 16-bit operands are computed in Float and rounded once; otherwise every step rounds.
  static var widens: Bool { get }
}

extension BinaryTraits {
  @inlinable public static var broadcasts: Bool { true }
  @inlinable public static var widens: Bool { true }
}

/// Ops on two numbers, complex ones included.
public protocol NumericBinary: NumericKernelFamily, BinaryTraits {
  static func apply<Scalar: NumericScalar>(_ a: Scalar, _ b: Scalar) -> Scalar
}

public enum NumericBinaryBody<Op: NumericBinary, Scalar: NumericScalar>: BinaryBody {
  @inlinable @inline(__always) public static func apply(_ a: Scalar, _ b: Scalar) -> Scalar {
    Op.apply(a, b)
  }
  @inlinable public static var cost: Double { Op.cost }
  @inlinable public static var broadcasts: Bool { Op.broadcasts }
}

extension NumericBinary {
  @inlinable public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    binary16(NumericBinaryBody<Self, Float>.self, Scalar.dtype)
      ?? specialized(BinaryKernel<NumericBinaryBody<Self, Scalar>>())
  }
}

/// Ops on two ordered elements.
public protocol RealBinary: RealKernelFamily, BinaryTraits {
  static func apply<Scalar: RealScalar>(_ a: Scalar, _ b: Scalar) -> Scalar
}

public enum RealBinaryBody<Op: RealBinary, Scalar: RealScalar>: BinaryBody {
  @inlinable @inline(__always) public static func apply(_ a: Scalar, _ b: Scalar) -> Scalar {
    Op.apply(a, b)
  }
  @inlinable public static var cost: Double { Op.cost }
  @inlinable public static var broadcasts: Bool { Op.broadcasts }
}

extension RealBinary {
  @inlinable public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    binary16(RealBinaryBody<Self, Float>.self, Scalar.dtype)
      ?? specialized(BinaryKernel<RealBinaryBody<Self, Scalar>>())
  }
}

/// Ops on two floating elements. The 16-bit types are computed in Float and rounded.
public protocol FloatingBinary: FloatingKernelFamily, BinaryTraits {
  static func apply<Scalar: FloatingScalar>(_ a: Scalar, _ b: Scalar) -> Scalar
}

public enum FloatingBinaryBody<Op: FloatingBinary, Scalar: FloatingScalar>: BinaryBody {
  @inlinable @inline(__always) public static func apply(_ a: Scalar, _ b: Scalar) -> Scalar {
    Op.apply(a, b)
  }
  @inlinable public static var cost: Double { Op.cost }
  @inlinable public static var broadcasts: Bool { Op.broadcasts }
}

extension FloatingBinary {
  @inlinable public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    if widens, let kernel = binary16(FloatingBinaryBody<Self, Float>.self, Scalar.dtype) {
      return kernel
    }
    return specialized(BinaryKernel<FloatingBinaryBody<Self, Scalar>>())
  }
}

/// Ops on two integers.
public protocol IntegerBinary: IntegerKernelFamily, BinaryTraits {
  static func apply<Scalar: IntegerScalar>(_ a: Scalar, _ b: Scalar) -> Scalar
  /// Whether the function is defined for this second operand.
  static func accepts<Scalar: IntegerScalar>(_ b: Scalar) -> Bool
  /// The error where it is not.
  static var refusal: StatusError { get }
}

extension IntegerBinary {
  @inlinable @inline(__always) public static func accepts<Scalar: IntegerScalar>(_ b: Scalar)
    -> Bool
  {
    true
  }
  public static var refusal: StatusError { .invalidArgument("Invalid second operand") }
}

public enum IntegerBinaryBody<Op: IntegerBinary, Scalar: IntegerScalar>: BinaryBody {
  @inlinable @inline(__always) public static func apply(_ a: Scalar, _ b: Scalar) -> Scalar {
    Op.apply(a, b)
  }
  @inlinable public static var cost: Double { Op.cost }
  @inlinable public static var broadcasts: Bool { Op.broadcasts }

  @unsafe @inlinable
  public static func check(_ b: UnsafePointer<Scalar>, _ count: Int) throws(StatusError) {
    for index in 0..<count where unsafe !Op.accepts(b[index]) { throw Op.refusal }
  }
}

extension IntegerBinary {
  @inlinable public static func kernel<Scalar: IntegerScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(BinaryKernel<IntegerBinaryBody<Self, Scalar>>())
  }
}

/// Ordered comparisons.
public protocol RealComparison: RealKernelFamily, BinaryTraits {
  static func apply<Scalar: RealScalar>(_ a: Scalar, _ b: Scalar) -> Bool
}

public enum RealComparisonBody<Op: RealComparison, Scalar: RealScalar>: BinaryBody {
  @inlinable @inline(__always) public static func apply(_ a: Scalar, _ b: Scalar) -> Bool {
    Op.apply(a, b)
  }
  @inlinable public static var cost: Double { Op.cost }
  @inlinable public static var broadcasts: Bool { Op.broadcasts }
}

extension RealComparison {
  @inlinable public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    comparison16(RealComparisonBody<Self, Float>.self, Scalar.dtype)
      ?? specialized(BinaryKernel<RealComparisonBody<Self, Scalar>>())
  }
}

/// Ops on two floating or complex elements. The 16-bit types are computed in Float and rounded.
public protocol FieldBinary: FieldKernelFamily, BinaryTraits {
  static func apply<Scalar: FieldScalar>(_ a: Scalar, _ b: Scalar) -> Scalar
}

public enum FieldBinaryBody<Op: FieldBinary, Scalar: FieldScalar>: BinaryBody {
  @inlinable @inline(__always) public static func apply(_ a: Scalar, _ b: Scalar) -> Scalar {
    Op.apply(a, b)
  }
  @inlinable public static var cost: Double { Op.cost }
  @inlinable public static var broadcasts: Bool { Op.broadcasts }
}

extension FieldBinary {
  @inlinable public static func kernel<Scalar: FieldScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    binary16(FieldBinaryBody<Self, Float>.self, Scalar.dtype)
      ?? specialized(BinaryKernel<FieldBinaryBody<Self, Scalar>>())
  }
}
