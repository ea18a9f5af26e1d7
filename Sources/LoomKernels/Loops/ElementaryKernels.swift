import CLoomVector
public import LoomCore

/// A function of one element as loops over arrays of Float and Double; the 16-bit types go through
/// Float. One loop of each kind serves every op, so nothing is specialised per op.
@safe public struct ElementaryFunction: Sendable {
  typealias Loop<Scalar> =
    @Sendable (UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>, Int) -> Void

  let single: Loop<Float>
  let double: Loop<Double>
  /// Nanoseconds per element on one core.
  let cost: Double

  /// Vector code.
  init(loops single: @escaping Loop<Float>, _ double: @escaping Loop<Double>, cost: Double) {
    unsafe self.single = unsafe single
    unsafe self.double = unsafe double
    self.cost = cost
  }

  /// Functions called element by element.
  init(
    each single: @escaping @Sendable (Float) -> Float,
    _ double: @escaping @Sendable (Double) -> Double, cost: Double
  ) {
    // The kernel passes arrays of at least `count` elements.
    unsafe self.single = { x, y, count in
      for index in 0..<count { unsafe y[index] = single(x[index]) }
    }
    unsafe self.double = { x, y, count in
      for index in 0..<count { unsafe y[index] = double(x[index]) }
    }
    self.cost = cost
  }
}

/// A function of one complex number, computed in double precision for both complex types.
public struct ComplexFunction: Sendable {
  let body: @Sendable (Complex128) -> Complex128

  init(_ body: @escaping @Sendable (Complex128) -> Complex128) { self.body = body }
}

@safe private final class ElementaryKernel<Scalar: TrivialScalar>: Kernel {
  let loop: ElementaryFunction.Loop<Scalar>
  let cost: Double

  init(_ loop: @escaping ElementaryFunction.Loop<Scalar>, cost: Double) {
    unsafe self.loop = unsafe loop
    self.cost = cost
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let job = try unsafe context.unaryJob(Scalar.dtype, Scalar.dtype)
    // Both allocations hold `count` elements; the output is this kernel's alone.
    let source = unsafe job.source.assumingMemoryBound(to: Scalar.self)
    let target = unsafe job.target.assumingMemoryBound(to: Scalar.self)
    let count = unsafe job.count
    if Double(count) * cost < WorkerPool.worthSharing {
      unsafe loop(source, target, count)
    } else {
      context.workers.parallelFor(count: count, costPerItem: cost) { range in
        unsafe loop(source + range.lowerBound, target + range.lowerBound, range.count)
      }
    }
    unsafe extendLifetime(job.hold)
  }
}

extension KernelTable {
  /// An elementary function over floating and, if given, complex dtypes.
  public static func elementary(
    _ function: ElementaryFunction, complex: ComplexFunction? = nil, attribute: String = "T",
    over types: Set<DType> = .floating
  ) -> KernelTable {
    let real = KernelTable(where: [attribute: types.intersection(.floating)]) { construction in
      let cost = function.cost
      switch try construction.attributes.type(attribute).base {
      case .float: return unsafe specialized(ElementaryKernel(function.single, cost: cost))
      case .double: return unsafe specialized(ElementaryKernel(function.double, cost: cost))
      case .half:
        return unsafe specialized(
          ElementaryKernel(widening(function.single, Float16.self), cost: cost + 0.2))
      default:
        return unsafe specialized(
          ElementaryKernel(widening(function.single, BFloat16.self), cost: cost + 0.2))
      }
    }
    guard let complex else { return real }
    return real.or(
      KernelTable(where: [attribute: .complex]) { construction in
        let body = complex.body
        // Every complex function takes some tens of nanoseconds.
        if try construction.attributes.type(attribute).base == .complex128 {
          return unsafe specialized(
            ElementaryKernel<Complex128>(
              { x, y, count in
                for index in 0..<count { unsafe y[index] = body(x[index]) }
              }, cost: 50))
        }
        return unsafe specialized(
          ElementaryKernel<Complex64>(
            { x, y, count in
              for index in 0..<count {
                unsafe y[index] = Complex64(rounding: body(Complex128(widening: x[index])))
              }
            }, cost: 50))
      })
  }
}

@unsafe private func widening<Scalar: SixteenBitScalar>(
  _ loop: @escaping ElementaryFunction.Loop<Float>, _ type: Scalar.Type
) -> ElementaryFunction.Loop<Scalar> {
  { x, y, count in
    // The tile holds `halfTile` elements and every piece is at most that long.
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: halfTile) { tile in
      guard let wide = tile.baseAddress else { return }
      var start = 0
      while start < count {
        let length = Swift.min(halfTile, count &- start)
        unsafe Scalar.widen(x + start, wide, length)
        unsafe loop(wide, wide, length)
        unsafe Scalar.narrow(wide, y + start, length)
        start &+= length
      }
    }
  }
}

extension Complex where Real == Double {
  @inlinable init(widening value: Complex64) {
    self.init(Double(value.real), Double(value.imaginary))
  }
}

extension Complex where Real == Float {
  @inlinable init(rounding value: Complex128) {
    self.init(Float(value.real), Float(value.imaginary))
  }
}

extension ElementaryFunction {
  // Vector code; see loom_elementary.h for the accuracy.
  public static let exp = unsafe vector(loom_exp_f32, loom_exp_f64, cost: 0.4)
  public static let expm1 = unsafe vector(loom_expm1_f32, loom_expm1_f64, cost: 0.5)
  public static let log = unsafe vector(loom_log_f32, loom_log_f64, cost: 0.5)
  public static let log1p = unsafe vector(loom_log1p_f32, loom_log1p_f64, cost: 0.7)
  public static let tanh = unsafe vector(loom_tanh_f32, loom_tanh_f64, cost: 0.6)
  public static let sigmoid = unsafe vector(loom_sigmoid_f32, loom_sigmoid_f64, cost: 0.5)
  public static let softplus = unsafe vector(loom_softplus_f32, loom_softplus_f64, cost: 1)
  public static let elu = unsafe vector(loom_elu_f32, loom_elu_f64, cost: 0.5)
  public static let selu = unsafe vector(loom_selu_f32, loom_selu_f64, cost: 0.5)
  public static let sqrt = unsafe vector(loom_sqrt_f32, loom_sqrt_f64, cost: 0.5)
  public static let rsqrt = unsafe vector(loom_rsqrt_f32, loom_rsqrt_f64, cost: 0.5)
  public static let reciprocal = unsafe vector(loom_reciprocal_f32, loom_reciprocal_f64, cost: 0.5)
  public static let erf = unsafe vector(loom_erf_f32, loom_erf_f64, cost: 1)
  public static let erfc = unsafe vector(loom_erfc_f32, loom_erfc_f64, cost: 5)
  public static let sin = unsafe vector(loom_sin_f32, loom_sin_f64, cost: 1)
  public static let cos = unsafe vector(loom_cos_f32, loom_cos_f64, cost: 1)

  // The C library, element by element.
  public static let tan = ElementaryFunction(each: libmTan, libmTan, cost: 15)
  public static let asin = ElementaryFunction(each: libmAsin, libmAsin, cost: 10)
  public static let acos = ElementaryFunction(each: libmAcos, libmAcos, cost: 10)
  public static let atan = ElementaryFunction(each: libmAtan, libmAtan, cost: 10)
  public static let sinh = ElementaryFunction(each: libmSinh, libmSinh, cost: 10)
  public static let cosh = ElementaryFunction(each: libmCosh, libmCosh, cost: 10)
  public static let asinh = ElementaryFunction(each: libmAsinh, libmAsinh, cost: 15)
  public static let acosh = ElementaryFunction(each: libmAcosh, libmAcosh, cost: 15)
  public static let atanh = ElementaryFunction(each: libmAtanh, libmAtanh, cost: 15)
  public static let lgamma = ElementaryFunction(each: libmLgamma, libmLgamma, cost: 20)

  private static func vector(
    _ single:
      @escaping @Sendable @convention(c) (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int)
      -> Void,
    _ double:
      @escaping @Sendable @convention(c) (
        UnsafePointer<Double>?, UnsafeMutablePointer<Double>?, Int
      ) -> Void, cost: Double
  ) -> ElementaryFunction {
    unsafe ElementaryFunction(
      loops: { x, y, count in unsafe single(x, y, count) },
      { x, y, count in unsafe double(x, y, count) }, cost: cost)
  }
}

extension ElementaryFunction {
  // Computed in double precision for both types.
  public static let digamma = special(SpecialFunctions.digamma, cost: 30)
  public static let erfinv = special(SpecialFunctions.inverseErf, cost: 30)
  public static let ndtri = special(SpecialFunctions.normalQuantile, cost: 30)

  static func special(
    _ function: @escaping @Sendable (Double) -> Double, cost: Double
  ) -> ElementaryFunction {
    ElementaryFunction(each: { Float(function(Double($0))) }, function, cost: cost)
  }
}

extension ElementaryFunction {
  public static let besselI0 = special({ SpecialFunctions.besselI(0, $0) }, cost: 100)
  public static let besselI1 = special({ SpecialFunctions.besselI(1, $0) }, cost: 100)
  public static let besselI0e = special({ SpecialFunctions.scaledBesselI(0, $0) }, cost: 100)
  public static let besselI1e = special({ SpecialFunctions.scaledBesselI(1, $0) }, cost: 100)
  public static let besselJ0 = special({ SpecialFunctions.besselJ(0, $0) }, cost: 100)
  public static let besselJ1 = special({ SpecialFunctions.besselJ(1, $0) }, cost: 100)
  public static let besselK0 = special({ SpecialFunctions.besselK(0, $0) }, cost: 200)
  public static let besselK1 = special({ SpecialFunctions.besselK(1, $0) }, cost: 200)
  public static let besselK0e = special({ SpecialFunctions.scaledBesselK(0, $0) }, cost: 200)
  public static let besselK1e = special({ SpecialFunctions.scaledBesselK(1, $0) }, cost: 200)
  public static let besselY0 = special({ SpecialFunctions.besselY(0, $0) }, cost: 100)
  public static let besselY1 = special({ SpecialFunctions.besselY(1, $0) }, cost: 100)
  public static let dawson = special(SpecialFunctions.dawson, cost: 100)
  public static let exponentialIntegral = special(SpecialFunctions.exponentialIntegral, cost: 200)
  public static let fresnelCosine = special({ SpecialFunctions.fresnel($0).cosine }, cost: 300)
  public static let fresnelSine = special({ SpecialFunctions.fresnel($0).sine }, cost: 300)
  public static let spence = special(SpecialFunctions.spence, cost: 100)
}
