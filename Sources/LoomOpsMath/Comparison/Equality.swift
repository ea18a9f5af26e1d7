public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

extension ShapeFunction {
  /// The broadcast of both operands; for ops that answer with a scalar where shapes do not fit,
  /// nothing is known as long as some size is not.
  fileprivate static let equality = ShapeFunction { context in
    let (x, y) = (context.input(0), context.input(1))
    if try context.attributes.bool("incompatible_shape_error") {
      context.setOutput(0, try x.broadcast(with: y))
    } else if x.isFullyDefined, y.isFullyDefined {
      // Shapes that do not fit are no error here.
      context.setOutput(0, (try? x.broadcast(with: y)) ?? .scalar)
    }
  }
}

extension OpSignature {
  fileprivate static func equality(_ name: String) -> OpSignature {
    OpSignature(
      name, inputs: ["x: T", "y: T"], outputs: ["z: bool"],
      attributes: ["T: type", "incompatible_shape_error: bool = true"], isCommutative: true)
  }
}

/// Whether `x` and `y` are equal, element by element with broadcasting; NaN equals nothing.
public enum Equal: OpDeclaration {
  public static let signature = OpSignature.equality("Equal")
  public static let shapes = ShapeFunction.equality
  public static let gradient = GradientRule.notDifferentiable(because: "its result is boolean")
  public static var properties: OpProperties { OpProperties(accuracy: .exact) }
  public static let kernels = KernelTable.equality(negated: false)
}

/// Whether `x` and `y` differ, element by element with broadcasting; NaN differs from everything.
public enum NotEqual: OpDeclaration {
  public static let signature = OpSignature.equality("NotEqual")
  public static let shapes = ShapeFunction.equality
  public static let gradient = GradientRule.notDifferentiable(because: "its result is boolean")
  public static var properties: OpProperties { OpProperties(accuracy: .exact) }
  public static let kernels = KernelTable.equality(negated: true)
}

/// Whether `|x - y| < tolerance`, element by element; both shapes must be equal.
public enum ApproximateEqual: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "ApproximateEqual", inputs: ["x: T", "y: T"], outputs: ["z: bool"],
    attributes: [
      """
      T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}
      """, "tolerance: float = 9.999999747378752e-06",
    ], isCommutative: true)
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.input(0).merged(with: context.input(1)))
  }
  public static let gradient = GradientRule.notDifferentiable(because: "its result is boolean")
  public static let kernels = KernelTable.floating(
    ApproximateEqual.self, over: [.float, .double])

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let tolerance = Scalar(converting: Double(try construction.attributes.float("tolerance")))
    return ClosureKernel { context in
      let (x, y) = (try context.input(0), try context.input(1))
      guard x.shape == y.shape else {
        throw StatusError.invalidArgument(
          "x and y must be of the same shape. x shape: \(x.shape). y shape: \(y.shape)")
      }
      let (a, b) = (try x.span(of: Scalar.self), try y.span(of: Scalar.self))
      try context.makeOutput(0, of: Bool.self, shape: x.shape) { span in
        for index in span.indices {
          span[index] =
            Scalar.magnitude(Scalar.wrappingSubtract(a[index], b[index])) < tolerance
        }
      }
    }
  }
}

/// Whether `a` and `b` are equal, element by element with broadcasting; NaN equals nothing.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `Equal`.
public func equal<Scalar: TensorScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try a.combining("Equal", with: b, name: name)
}

/// Whether `a` and `b` differ, element by element with broadcasting; NaN differs from everything.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `NotEqual`.
public func notEqual<Scalar: TensorScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try a.combining("NotEqual", with: b, name: name)
}

/// Whether `|a - b| < tolerance`, element by element; both shapes must be equal.
///
/// - SeeAlso: TensorFlow op `ApproximateEqual`.
public func approximatelyEqual<Scalar: FloatingScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, tolerance: Float = 1e-5, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try a.combining("ApproximateEqual", with: b, ["tolerance": .float(tolerance)], name: name)
}
