public import LoomCore
public import LoomGraph
import LoomOpsSupport

// Operators between a tensor and a Swift number, which becomes a constant of the tensor's dtype.

extension Output where Scalar: NumericScalar {
  /// A scalar constant in this tensor's graph.
  fileprivate func constant(_ value: Scalar) throws(StatusError) -> Output {
    try Output(
      graph.addOperation(
        "Const",
        attributes: ["value": .tensor(AnyTensor(scalar: value)), "dtype": .type(Scalar.dtype)]
      ).output(0))
  }
}

/// `a + b` for a tensor and a number.
public func + <Scalar: NumericScalar>(
  a: Output<Scalar>, b: Scalar
) throws(StatusError) -> Output<Scalar> {
  try a + a.constant(b)
}

/// `a + b` for a number and a tensor.
public func + <Scalar: NumericScalar>(
  a: Scalar, b: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try b.constant(a) + b
}

/// `a - b` for a tensor and a number.
public func - <Scalar: NumericScalar>(
  a: Output<Scalar>, b: Scalar
) throws(StatusError) -> Output<Scalar> {
  try a - a.constant(b)
}

/// `a - b` for a number and a tensor.
public func - <Scalar: NumericScalar>(
  a: Scalar, b: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try b.constant(a) - b
}

/// `a · b` for a tensor and a number.
public func * <Scalar: NumericScalar>(
  a: Output<Scalar>, b: Scalar
) throws(StatusError) -> Output<Scalar> {
  try a * a.constant(b)
}

/// `a · b` for a number and a tensor.
public func * <Scalar: NumericScalar>(
  a: Scalar, b: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try b.constant(a) * b
}

/// `a / b` for a tensor and a number: true division.
public func / <Scalar: FieldScalar>(
  a: Output<Scalar>, b: Scalar
) throws(StatusError) -> Output<Scalar> {
  try a / a.constant(b)
}

/// `a / b` for a number and a tensor: true division.
public func / <Scalar: FieldScalar>(
  a: Scalar, b: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try b.constant(a) / b
}

/// `a / b` for integers, rounded towards zero as Swift does.
public func / <Scalar: IntegerScalar>(
  a: Output<Scalar>, b: Scalar
) throws(StatusError) -> Output<Scalar> {
  try a / a.constant(b)
}

/// `a` to the power `b`.
///
/// - SeeAlso: TensorFlow op `Pow`.
public func pow<Scalar: NumericScalar>(
  _ a: Output<Scalar>, _ b: Scalar, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try pow(a, a.constant(b), name: name)
}

/// The larger of `a` and `b`, element by element; NaN where either is NaN.
///
/// - SeeAlso: TensorFlow op `Maximum`.
public func maximum<Scalar: RealScalar>(
  _ a: Output<Scalar>, _ b: Scalar, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try maximum(a, a.constant(b), name: name)
}

/// The smaller of `a` and `b`, element by element; NaN where either is NaN.
///
/// - SeeAlso: TensorFlow op `Minimum`.
public func minimum<Scalar: RealScalar>(
  _ a: Output<Scalar>, _ b: Scalar, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try minimum(a, a.constant(b), name: name)
}

/// Whether elements of `a` equal a number; NaN equals nothing.
///
/// - SeeAlso: TensorFlow op `Equal`.
public func equal<Scalar: NumericScalar>(
  _ a: Output<Scalar>, _ b: Scalar, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try equal(a, a.constant(b), name: name)
}

/// Whether elements of `a` are less than a number.
///
/// - SeeAlso: TensorFlow op `Less`.
public func less<Scalar: RealScalar>(
  _ a: Output<Scalar>, _ b: Scalar, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try less(a, a.constant(b), name: name)
}

/// Whether elements of `a` are greater than a number.
///
/// - SeeAlso: TensorFlow op `Greater`.
public func greater<Scalar: RealScalar>(
  _ a: Output<Scalar>, _ b: Scalar, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try greater(a, a.constant(b), name: name)
}

/// `value` moved into `range`.
///
/// - SeeAlso: TensorFlow op `ClipByValue`.
public func clipByValue<Scalar: RealScalar>(
  _ value: Output<Scalar>, to range: ClosedRange<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try clipByValue(
    value, minimum: value.constant(range.lowerBound), maximum: value.constant(range.upperBound),
    name: name)
}
