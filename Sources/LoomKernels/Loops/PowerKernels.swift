import CLoomVector
package import LoomCore

/// `x` to the power `y` in single precision.
private enum FloatPower: BinaryBody {
  static var cost: Double { 3 }
  static func apply(_ x: Float, _ y: Float) -> Float { libmPow(x, y) }
  @unsafe static func run(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ z: UnsafeMutablePointer<Float>,
    _ count: Int, _ stepX: Int, _ stepY: Int
  ) {
    guard count > 0 else { return }
    // By far the most frequent power; the product is the correctly rounded result.
    if unsafe stepX == 1 && stepY == 0 && y[0] == 2 {
      for index in 0..<count { unsafe z[index] = x[index] * x[index] }
    } else {
      unsafe loom_pow_f32(x, stepX, y, stepY, z, count)
    }
  }
}

/// `x` to the power `y` in double precision.
private enum DoublePower: BinaryBody {
  static var cost: Double { 15 }
  static func apply(_ x: Double, _ y: Double) -> Double { libmPow(x, y) }
  @unsafe static func run(
    _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ z: UnsafeMutablePointer<Double>,
    _ count: Int, _ stepX: Int, _ stepY: Int
  ) {
    guard count > 0 else { return }
    if unsafe stepX == 1 && stepY == 0 && y[0] == 2 {
      for index in 0..<count { unsafe z[index] = x[index] * x[index] }
    } else {
      unsafe loom_pow_f64(x, stepX, y, stepY, z, count)
    }
  }
}

private enum Complex128Power: BinaryBody {
  static var cost: Double { 100 }
  static func apply(_ x: Complex128, _ y: Complex128) -> Complex128 { Complex128.pow(x, y) }
}

private enum Complex64Power: BinaryBody {
  static var cost: Double { 100 }
  static func apply(_ x: Complex64, _ y: Complex64) -> Complex64 {
    Complex64(rounding: Complex128.pow(Complex128(widening: x), Complex128(widening: y)))
  }
}

extension KernelTable {
  /// `x` to the power `y` over floating and complex dtypes.
  public static let fieldPower = KernelTable(where: ["T": .field]) { construction in
    switch try construction.attributes.type("T").base {
    case .float: return specialized(BinaryKernel<FloatPower>())
    case .double: return specialized(BinaryKernel<DoublePower>())
    case .half: return specialized(BinaryKernel<WidenedBinary<FloatPower, Float16>>())
    case .bfloat16: return specialized(BinaryKernel<WidenedBinary<FloatPower, BFloat16>>())
    case .complex64: return specialized(BinaryKernel<Complex64Power>())
    default: return specialized(BinaryKernel<Complex128Power>())
    }
  }
}

/// `x · f(y)` with complex operands, but 0 wherever `x` is 0; `f` is computed in double precision.
private final class ComplexProductKernel<Scalar: NumericScalar>: Kernel {
  let product: @Sendable (Scalar, Scalar) -> Scalar

  init(_ product: @escaping @Sendable (Scalar, Scalar) -> Scalar) { self.product = product }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let (a, b) = (try context.input(0), try context.input(1))
    let plan = try Broadcast(a.shape, b.shape)
    let (x, y) = (try a.span(of: Scalar.self), try b.span(of: Scalar.self))
    let (stepX, stepY) = (plan.rowWalksA ? 1 : 0, plan.rowWalksB ? 1 : 0)
    let product = self.product
    try context.makeOutput(0, of: Scalar.self, shape: plan.result) {
      (span: inout MutableSpan<Scalar>) throws(StatusError) in
      var row = 0
      while row < plan.rowCount {
        let (start, startX, startY) = plan.row(row)
        for index in 0..<plan.rowLength {
          span[start + index] = product(x[startX + index &* stepX], y[startY + index &* stepY])
        }
        row += 1
      }
    }
  }
}

extension KernelTable {
  /// `x · f(y)` over complex dtypes, but 0 wherever `x` is 0.
  package static func complexProduct(
    _ function: @escaping @Sendable (Complex128) -> Complex128
  ) -> KernelTable {
    KernelTable(where: ["T": .complex]) { construction in
      if try construction.attributes.type("T").base == .complex128 {
        return ComplexProductKernel<Complex128> { x, y in
          x == .zero ? .zero : x * function(y)
        }
      }
      return ComplexProductKernel<Complex64> { x, y in
        x == .zero ? .zero : x * Complex64(rounding: function(Complex128(widening: y)))
      }
    }
  }
}
