public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

extension OpSignature {
  /// A real function of a complex number.
  fileprivate static func realPart(_ name: String, _ input: String, _ output: String) -> OpSignature
  {
    OpSignature(
      name, inputs: ["\(input): T"], outputs: ["\(output): Tout"],
      attributes: ["T: {complex64, complex128} = complex64", "Tout: {float, double} = float"])
  }
}

extension KernelTable {
  /// A real function of complex64 (to float) and complex128 (to double).
  fileprivate static func real<Single: UnaryBody, Double: UnaryBody>(
    _ single: Single.Type, _ double: Double.Type
  ) -> KernelTable {
    KernelTable(where: ["T": [.complex64], "Tout": [.float]]) { _ in
      specialized(UnaryKernel<Single>())
    }
    .or(
      KernelTable(where: ["T": [.complex128], "Tout": [.double]]) { _ in
        specialized(UnaryKernel<Double>())
      })
  }
}

extension GradientContext {
  /// A complex number of two parts, in the dtype of the forward input.
  fileprivate func complex(
    _ real: AnyOutput, _ imaginary: AnyOutput
  ) throws(StatusError) -> AnyOutput {
    let dtype: DType = real.dtype.base == .double ? .complex128 : .complex64
    return try build("Complex", [real, imaginary], ["Tout": .type(dtype)])
  }

  /// A part (`Real` or `Imag`) of a complex number.
  fileprivate func part(_ op: String, of value: AnyOutput) throws(StatusError) -> AnyOutput {
    let dtype: DType = value.dtype.base == .complex128 ? .double : .float
    return try build(op, [value], ["Tout": .type(dtype)])
  }
}

private enum RealBody<Part: FloatingScalar & BinaryFloatingPoint>: UnaryBody {
  static func apply(_ x: Complex<Part>) -> Part { x.real }
}

private enum ImaginaryBody<Part: FloatingScalar & BinaryFloatingPoint>: UnaryBody {
  static func apply(_ x: Complex<Part>) -> Part { x.imaginary }
}

private enum MagnitudeBody<Part: FloatingScalar & BinaryFloatingPoint>: UnaryBody {
  static var cost: Double { 5 }
  static func apply(_ x: Complex<Part>) -> Part { x.magnitude }
}

private enum AngleBody<Part: FloatingScalar & BinaryFloatingPoint>: UnaryBody {
  static var cost: Double { 20 }
  static func apply(_ x: Complex<Part>) -> Part { Part.atan2(y: x.imaginary, x: x.real) }
}

private enum ConjugateBody<Part: FloatingScalar & BinaryFloatingPoint>: UnaryBody {
  static func apply(_ x: Complex<Part>) -> Complex<Part> { x.conjugate }
}

private enum ComplexBody<Part: FloatingScalar & BinaryFloatingPoint>: BinaryBody {
  static func apply(_ a: Part, _ b: Part) -> Complex<Part> { Complex(a, b) }
}

/// The real part.
public enum Real: UnaryElementwise {
  public static let signature = OpSignature.realPart("Real", "input", "output")
  public static let gradient = GradientRule.unary { context, upstream in
    try context.complex(upstream, context.constant(0, upstream.dtype))
  }
  public static let kernels = KernelTable.real(RealBody<Float>.self, RealBody<Double>.self)
}

/// The imaginary part.
public enum Imag: UnaryElementwise {
  public static let signature = OpSignature.realPart("Imag", "input", "output")
  public static let gradient = GradientRule.unary { context, upstream in
    try context.complex(context.constant(0, upstream.dtype), upstream)
  }
  public static let kernels = KernelTable.real(
    ImaginaryBody<Float>.self, ImaginaryBody<Double>.self)
}

/// The angle to the positive real axis, in `-π ... π`.
public enum Angle: UnaryElementwise {
  public static let signature = OpSignature.realPart("Angle", "input", "output")
  public static let gradient = GradientRule.unary { context, upstream in
    let x = try context.input(0)
    let turned = try context.complex(context.part("Imag", of: x), context.part("Real", of: x))
    let real = try context.complex(upstream, context.constant(0, upstream.dtype))
    return try context.mul(context.neg(real), context.reciprocal(turned))
  }
  public static let kernels = KernelTable.real(AngleBody<Float>.self, AngleBody<Double>.self)
}

/// The absolute value of a complex number.
public enum ComplexAbs: UnaryElementwise {
  public static let signature = OpSignature.realPart("ComplexAbs", "x", "y")
  public static let gradient = GradientRule.unary { context, upstream in
    let zeros = try context.zerosLike(upstream)
    let product = try context.mul(context.complex(upstream, zeros), context.input(0))
    return try context.build(
      "DivNoNan", [product, context.complex(context.output(0), zeros)])
  }
  public static let kernels = KernelTable.real(
    MagnitudeBody<Float>.self, MagnitudeBody<Double>.self)
}

/// The complex conjugate.
public enum Conj: UnaryElementwise {
  public static let signature = OpSignature(
    "Conj", inputs: ["input: T"], outputs: ["output: T"],
    attributes: ["T: {complex64, complex128, variant} = complex64"])
  public static let gradient = GradientRule.unary { context, upstream in
    try context.conjugate(upstream)
  }
  public static let kernels = KernelTable(where: ["T": .complex]) { construction in
    if try construction.attributes.type("T").base == .complex64 {
      return specialized(UnaryKernel<ConjugateBody<Float>>())
    }
    return specialized(UnaryKernel<ConjugateBody<Double>>())
  }
}

/// Complex numbers from real and imaginary parts, with broadcasting: TensorFlow's `Complex`.
public enum ComplexOp: BinaryElementwise {
  public static let signature = OpSignature(
    "Complex", inputs: ["real: T", "imag: T"], outputs: ["out: Tout"],
    attributes: ["T: {float, double} = float", "Tout: {complex64, complex128} = complex64"])
  public static let gradient = GradientRule.binary { context, _, _, upstream in
    (try context.part("Real", of: upstream), try context.part("Imag", of: upstream))
  }
  public static let kernels = KernelTable(where: ["T": [.float], "Tout": [.complex64]]) { _ in
    specialized(BinaryKernel<ComplexBody<Float>>())
  }.or(
    KernelTable(where: ["T": [.double], "Tout": [.complex128]]) { _ in
      specialized(BinaryKernel<ComplexBody<Double>>())
    })
}

/// Complex numbers from real and imaginary parts, with broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `Complex`.
public func complex<Part: FloatingScalar & BinaryFloatingPoint>(
  real: Output<Part>, imaginary: Output<Part>, name: String? = nil
) throws(StatusError) -> Output<Complex<Part>> {
  try real.combining(
    "Complex", with: imaginary, ["Tout": .type(Complex<Part>.dtype)], name: name)
}

/// The real part, element by element.
///
/// - SeeAlso: TensorFlow op `Real`.
public func real<Part: FloatingScalar & BinaryFloatingPoint>(
  _ x: Output<Complex<Part>>, name: String? = nil
) throws(StatusError) -> Output<Part> {
  try x.applying("Real", ["Tout": .type(Part.dtype)], name: name)
}

/// The imaginary part, element by element.
///
/// - SeeAlso: TensorFlow op `Imag`.
public func imaginary<Part: FloatingScalar & BinaryFloatingPoint>(
  _ x: Output<Complex<Part>>, name: String? = nil
) throws(StatusError) -> Output<Part> {
  try x.applying("Imag", ["Tout": .type(Part.dtype)], name: name)
}

/// The angle to the positive real axis, in `-π ... π`, element by element.
///
/// - SeeAlso: TensorFlow op `Angle`.
public func angle<Part: FloatingScalar & BinaryFloatingPoint>(
  _ x: Output<Complex<Part>>, name: String? = nil
) throws(StatusError) -> Output<Part> {
  try x.applying("Angle", ["Tout": .type(Part.dtype)], name: name)
}

/// The absolute value of complex numbers, element by element.
///
/// - SeeAlso: TensorFlow op `ComplexAbs`.
public func abs<Part: FloatingScalar & BinaryFloatingPoint>(
  _ x: Output<Complex<Part>>, name: String? = nil
) throws(StatusError) -> Output<Part> {
  try x.applying("ComplexAbs", ["Tout": .type(Part.dtype)], name: name)
}

/// The complex conjugate, element by element.
///
/// - SeeAlso: TensorFlow op `Conj`.
public func conjugate<Part: FloatingScalar & BinaryFloatingPoint>(
  _ x: Output<Complex<Part>>, name: String? = nil
) throws(StatusError) -> Output<Complex<Part>> {
  try x.applying("Conj", name: name)
}
