import LoomCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

// The C library's functions for the two types that kernels compute in. The casts vanish where a
// kernel is specialised.
extension FloatingScalar where Self: BinaryFloatingPoint {
  @inline(__always) private func apply(
    _ single: (Float) -> Float, _ double: (Double) -> Double
  ) -> Self {
    if let x = self as? Float { return (single(x) as? Self) ?? self }
    if let x = self as? Double { return (double(x) as? Self) ?? self }
    return Self(double(Double(self)))
  }

  @inline(__always) var exponential: Self { apply({ expf($0) }, { exp($0) }) }
  @inline(__always) var exponentialMinusOne: Self { apply({ expm1f($0) }, { expm1($0) }) }
  @inline(__always) var logarithm: Self { apply({ logf($0) }, { log($0) }) }
  @inline(__always) var logarithmOfOnePlus: Self { apply({ log1pf($0) }, { log1p($0) }) }
  @inline(__always) var hyperbolicTangent: Self { apply({ tanhf($0) }, { tanh($0) }) }
  @inline(__always) var sine: Self { apply({ sinf($0) }, { sin($0) }) }
  @inline(__always) var logistic: Self { 1 / (1 + (-self).exponential) }

  @inline(__always) func power(_ exponent: Self) -> Self {
    if let x = self as? Float, let y = exponent as? Float { return (powf(x, y) as? Self) ?? self }
    return Self(pow(Double(self), Double(exponent)))
  }
}
