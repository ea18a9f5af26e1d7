public import LoomCore

// Elementary functions of a complex number in double precision. Goals, in this order: right branch cuts
// with signed zeros, no overflow or cancellation on the way to a result that fits, speed. The inverse
// functions follow W. Kahan, "Branch cuts for complex elementary functions" (1987).

extension ComplexFunction {
  public static let exp = ComplexFunction { Complex128.exp($0) }
  public static let expm1 = ComplexFunction { z in
    // exp(x) cos(y) - 1 = expm1(x) cos(y) - 2 sin²(y/2): no cancellation near zero.
    let half = libmSin(z.imaginary / 2)
    let real = libmExpm1(z.real) * libmCos(z.imaginary) - 2 * half * half
    return Complex(real, z.imaginary == 0 ? z.imaginary : libmExp(z.real) * libmSin(z.imaginary))
  }
  public static let log = ComplexFunction { Complex128.log($0) }
  public static let log1p = ComplexFunction { z in
    let (x, y) = (z.real, z.imaginary)
    guard x.magnitude < 0.5, y.magnitude < 0.5 else { return Complex128.log(Complex(1 + x, y)) }
    return Complex(0.5 * libmLog1p(x * (2 + x) + y * y), libmAtan2(y, 1 + x))
  }
  public static let sqrt = ComplexFunction { Complex128.sqrt($0) }
  public static let rsqrt = ComplexFunction { Complex(1) / Complex128.sqrt($0) }
  public static let reciprocal = ComplexFunction { Complex(1) / $0 }
  public static let sigmoid = ComplexFunction { z in
    Complex(1) / (Complex(1) + Complex128.exp(-z))
  }

  public static let sin = ComplexFunction { z in
    let w = Complex128.sinh(Complex(-z.imaginary, z.real))
    return Complex(w.imaginary, -w.real)
  }
  public static let cos = ComplexFunction { Complex128.cosh(Complex(-$0.imaginary, $0.real)) }
  public static let tan = ComplexFunction { z in
    let w = Complex128.tanh(Complex(-z.imaginary, z.real))
    return Complex(w.imaginary, -w.real)
  }
  public static let sinh = ComplexFunction { Complex128.sinh($0) }
  public static let cosh = ComplexFunction { Complex128.cosh($0) }
  public static let tanh = ComplexFunction { Complex128.tanh($0) }

  public static let asin = ComplexFunction { Complex128.asin($0) }
  public static let acos = ComplexFunction { z in
    let a = Complex128.sqrt(Complex(1 - z.real, -z.imaginary))
    let b = Complex128.sqrt(Complex(1 + z.real, z.imaginary))
    return Complex(2 * libmAtan2(a.real, b.real), libmAsinh((b.conjugate * a).imaginary))
  }
  public static let atan = ComplexFunction { z in
    let w = Complex128.atanh(Complex(-z.imaginary, z.real))
    return Complex(w.imaginary, -w.real)
  }
  public static let asinh = ComplexFunction { z in
    let w = Complex128.asin(Complex(-z.imaginary, z.real))
    return Complex(w.imaginary, -w.real)
  }
  public static let acosh = ComplexFunction { z in
    let a = Complex128.sqrt(Complex(z.real - 1, z.imaginary))
    let b = Complex128.sqrt(Complex(z.real + 1, z.imaginary))
    return Complex(libmAsinh((a.conjugate * b).real), 2 * libmAtan2(a.imaginary, b.real))
  }
  public static let atanh = ComplexFunction { Complex128.atanh($0) }
}

extension Complex where Real == Double {
  public static func exp(_ z: Complex) -> Complex {
    let length = libmExp(z.real)
    // Not length * sin(0): the length may be infinite.
    if z.imaginary == 0 { return Complex(length, z.imaginary) }
    if length == 0 { return Complex(0, 0) }
    if length == .infinity && !z.imaginary.isFinite { return Complex(length, .nan) }
    return Complex(length * libmCos(z.imaginary), length * libmSin(z.imaginary))
  }

  public static func log(_ z: Complex) -> Complex {
    let a = Swift.max(z.real.magnitude, z.imaginary.magnitude)
    let b = Swift.min(z.real.magnitude, z.imaginary.magnitude)
    // Near the unit circle log |z| = log1p(|z|² - 1) / 2 keeps the digits that |z| loses.
    let real =
      a > 0.5 && a < 2
      ? 0.5 * libmLog1p((a - 1) * (a + 1) + b * b) : libmLog(z.magnitude)
    return Complex(real, libmAtan2(z.imaginary, z.real))
  }

  public static func sqrt(_ z: Complex) -> Complex {
    let (x, y) = (z.real, z.imaginary)
    if x == 0 && y == 0 { return Complex(0, y) }
    if y.isInfinite { return Complex(.infinity, y) }
    if x.isInfinite {
      if x > 0 { return Complex(.infinity, y.isNaN ? y : y * 0) }
      return y.isNaN
        ? Complex(y, .infinity) : Complex(0, y.sign == .minus ? -.infinity : .infinity)
    }
    // Halved before the sum, so that it can't overflow.
    let root = (x.magnitude / 2 + z.magnitude / 2).squareRoot()
    if x >= 0 { return Complex(root, y / (2 * root)) }
    return Complex(y.magnitude / (2 * root), y.sign == .minus ? -root : root)
  }

  public static func pow(_ x: Complex, _ y: Complex) -> Complex {
    exp(y * log(x))
  }

  static func sinh(_ z: Complex) -> Complex {
    let (x, y) = (z.real, z.imaginary)
    // On the axes a zero stays, also beside an infinity.
    if y == 0 { return Complex(libmSinh(x), y) }
    if x == 0 { return Complex(x, libmSin(y)) }
    return Complex(libmSinh(x) * libmCos(y), libmCosh(x) * libmSin(y))
  }

  static func cosh(_ z: Complex) -> Complex {
    let (x, y) = (z.real, z.imaginary)
    if y == 0 { return Complex(libmCosh(x), x.sign == .minus ? -y : y) }
    if x == 0 { return Complex(libmCos(y), y.sign == .minus ? -x : x) }
    return Complex(libmCosh(x) * libmCos(y), libmSinh(x) * libmSin(y))
  }

  static func tanh(_ z: Complex) -> Complex {
    let (x, y) = (z.real, z.imaginary)
    if y == 0 { return Complex(libmTanh(x), y) }
    if x == 0 { return Complex(x, libmTan(y)) }
    let (sine, cosine) = (libmSin(y), libmCos(y))
    // cosh(2x) overflows long after tanh has reached one.
    if x.magnitude > 22 {
      let rest = y.isFinite ? 4 * sine * cosine * libmExp(-2 * x.magnitude) : 0
      return Complex(x < 0 ? -1 : 1, rest)
    }
    let (sinh, cosh) = (libmSinh(x), libmCosh(x))
    let scale = cosine * cosine + sinh * sinh
    return Complex(sinh * cosh / scale, sine * cosine / scale)
  }

  static func asin(_ z: Complex) -> Complex {
    if z.real.isInfinite || z.imaginary.isInfinite {
      return Complex(
        libmAtan2(z.real, z.imaginary.magnitude),
        z.imaginary.sign == .minus ? -.infinity : .infinity)
    }
    let a = sqrt(Complex(1 - z.real, -z.imaginary))
    let b = sqrt(Complex(1 + z.real, z.imaginary))
    return Complex(
      libmAtan2(z.real, (a * b).real), libmAsinh((a.conjugate * b).imaginary))
  }

  static func atanh(_ z: Complex) -> Complex {
    let (x, y) = (z.real, z.imaginary)
    // For huge arguments the squares below would overflow: atanh(z) = ±iπ/2 + 1/z + …
    if x.magnitude > 1e150 || y.magnitude > 1e150 {
      let inverse = Complex(1) / z
      return Complex(
        inverse.real.isNaN ? 0 : inverse.real, y.sign == .minus ? -Double.pi / 2 : .pi / 2)
    }
    let real = 0.25 * libmLog1p(4 * x / ((1 - x) * (1 - x) + y * y))
    return Complex(real, 0.5 * libmAtan2(2 * y, (1 - x) * (1 + x) - y * y))
  }
}
