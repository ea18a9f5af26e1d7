public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// `x + y`, element by element with broadcasting; integers wrap.
public enum AddV2: BinaryElementwise, NumericBinary {
  public static let signature = OpSignature.binary(
    "AddV2",
    over: """
      {bfloat16, half, float, double, uint8, uint16, uint32, uint64, int8, int16, int32, int64, \
      complex64, complex128}
      """, isCommutative: true, isAggregate: true)
  public static let gradient = GradientRule.binary { _, _, _, upstream in (upstream, upstream) }
  public static let kernels = KernelTable.numeric(AddV2.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: NumericScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    Scalar.wrappingAdd(a, b)
  }
}

extension AddV2: FusibleOp {
  public static func stage(_ construction: KernelConstruction, input: Int) -> FusibleStage? {
    let other = 1 - input
    if let offset = construction.constantVector(other) {
      return .affine(factor: nil, offset: offset)
    }
    return construction.constantInputs[other] == nil ? .addition(input: other) : nil
  }
}

extension Add: FusibleOp {
  public static func stage(_ construction: KernelConstruction, input: Int) -> FusibleStage? {
    AddV2.stage(construction, input: input)
  }
}

/// `x + y`, element by element with broadcasting; strings are joined.
public enum Add: BinaryElementwise {
  public static let signature = OpSignature.binary(
    "Add",
    over: """
      {bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, complex128, string}
      """)
  public static let gradient = AddV2.gradient
  public static let kernels = KernelTable.numeric(
    AddV2.self, over: .field.union([.uint8, .int8, .int16, .int32, .int64])
  ).or(
    KernelTable(where: ["T": [.string]]) { _ in specialized(BinaryKernel<StringConcatenation>()) })
}

private enum StringConcatenation: BinaryBody {
  static var cost: Double { 60 }
  static func apply(_ a: ByteString, _ b: ByteString) -> ByteString {
    ByteString(bytes: a.bytes + b.bytes)
  }
}

/// `a + b`, element by element with broadcasting; integers wrap.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `AddV2`.
public func + <Scalar: NumericScalar>(
  a: Output<Scalar>, b: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try a.combining("AddV2", with: b, name: "add")
}
