public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Values moved into the range from `clip_value_min` to `clip_value_max`: scalars, or tensors of the
/// values' shape. NaN stays; where the range is empty, the minimum wins.
public enum ClipByValue: OpDeclaration, RealKernelFamily, ComplexKernelFamily {
  public static let signature = OpSignature(
    "ClipByValue", inputs: ["t: T", "clip_value_min: T", "clip_value_max: T"],
    outputs: ["output: T"],
    attributes: [
      """
      T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}
      """
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.dense { context in
    let (value, minimum, maximum) = (
      try context.input(0), try context.input(1), try context.input(2)
    )
    let upstream = try context.upstream(0)
    let zeros = try context.zerosLike(upstream)
    let below = try context.less(value, minimum)
    let above = try context.greater(value, maximum)
    let outside = try context.build("LogicalOr", [below, above])
    return [
      try context.select(outside, zeros, upstream),
      try context.reduce(
        context.select(below, upstream, zeros), toShapeOf: minimum, other: value),
      try context.reduce(
        context.select(above, upstream, zeros), toShapeOf: maximum, other: value),
    ]
  }
  public static let kernels = KernelTable.real(
    ClipByValue.self, over: .floating.union([.int32, .uint8, .int16, .int8, .int64, .uint16])
  ).or(.complex(ClipByValue.self))

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClipKernel<Scalar> { value, minimum, maximum in
      let upper = value > maximum ? maximum : value
      return upper < minimum ? minimum : upper
    }
  }

  /// Complex numbers compare by their real parts, as in stock TensorFlow.
  public static func kernel<Real: FloatingScalar & BinaryFloatingPoint>(
    _ type: Complex<Real>.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClipKernel<Complex<Real>> { value, minimum, maximum in
      let upper = value.real > maximum.real ? maximum : value
      return upper.real < minimum.real ? minimum : upper
    }
  }
}

private final class ClipKernel<Scalar: NumericScalar>: Kernel {
  let clip: @Sendable (Scalar, Scalar, Scalar) -> Scalar

  init(_ clip: @escaping @Sendable (Scalar, Scalar, Scalar) -> Scalar) { self.clip = clip }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let (value, minimum, maximum) = (
      try context.input(0), try context.input(1), try context.input(2)
    )
    for bound in [minimum, maximum] where bound.shape != value.shape && !bound.shape.isScalar {
      throw .invalidArgument(
        "clip_value_min and clip_value_max must be either of the same shape as input, or a "
          + "scalar. input shape: \(value.shape)clip_value_min shape: \(minimum.shape)"
          + "clip_value_max shape: \(maximum.shape)")
    }
    let values = try value.span(of: Scalar.self)
    let (low, high) = (try minimum.span(of: Scalar.self), try maximum.span(of: Scalar.self))
    let stepLow = minimum.shape.isScalar ? 0 : 1
    let stepHigh = maximum.shape.isScalar ? 0 : 1
    let clip = self.clip
    try context.makeOutput(0, of: Scalar.self, shape: value.shape) {
      (span: inout MutableSpan<Scalar>) throws(StatusError) in
      for index in span.indices {
        span[index] = clip(values[index], low[index &* stepLow], high[index &* stepHigh])
      }
    }
  }
}

/// `value` moved into the range from `minimum` to `maximum`: scalars, or tensors of its shape.
///
/// - SeeAlso: TensorFlow op `ClipByValue`.
public func clipByValue<Scalar: RealScalar>(
  _ value: Output<Scalar>, minimum: Output<Scalar>, maximum: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    value.graph.addOperation(
      "ClipByValue", inputs: [value.erased, minimum.erased, maximum.erased], name: name
    ).output(0))
}
