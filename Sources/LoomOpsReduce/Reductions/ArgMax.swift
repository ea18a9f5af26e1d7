public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The position of the largest element along an axis; the first of equals.
public enum ArgMax: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature(
    "ArgMax", inputs: ["input: T", "dimension: Tidx"], outputs: ["output: output_type"],
    attributes: [
      "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64, qint8, quint8, qint32, qint16, quint16, bool}",
      "Tidx: {int16, int32, int64} = int32",
      "output_type: {int16, uint16, int32, int64} = int64",
    ])
  public static let shapes = ShapeFunction.withoutAxis
  public static let gradient = GradientRule.dense { _ in [nil, nil] }
  public static let kernels = KernelTable.real(ArgMax.self).or(
    KernelTable(where: ["T": [.bool]]) { try specialized(ArgKernel<UInt8>($0, largest: true)) })

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(ArgKernel<Scalar>(construction, largest: true))
  }
}

/// The position of the smallest element along an axis; the first of equals.
public enum ArgMin: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature(
    "ArgMin", inputs: ["input: T", "dimension: Tidx"], outputs: ["output: output_type"],
    attributes: [
      "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64, qint8, quint8, qint32, qint16, quint16, bool}",
      "Tidx: {int32, int64} = int32",
      "output_type: {int32, int64} = int64",
    ])
  public static let shapes = ShapeFunction.withoutAxis
  public static let gradient = GradientRule.dense { _ in [nil, nil] }
  public static let kernels = KernelTable.real(ArgMin.self).or(
    KernelTable(where: ["T": [.bool]]) { try specialized(ArgKernel<UInt8>($0, largest: false)) })

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(ArgKernel<Scalar>(construction, largest: false))
  }
}

extension ShapeFunction {
  /// Input 0 without the dimension named by input 1.
  fileprivate static let withoutAxis = ShapeFunction { context in
    try context.requireRank(1, 0)
    guard var sizes = context.input(0).sizes else { return }
    let rank = sizes.count
    if rank <= 1 {
      context.setOutput(0, .scalar)
      return
    }
    guard let axis = try context.constant(1)?.integers().first else {
      context.setOutput(0, .unknown(rank: rank - 1))
      return
    }
    guard axis >= -rank, axis < rank else {
      throw StatusError.invalidArgument(
        "Dimension (\(axis)) must be in the range [\(-rank), \(rank)), where \(rank) is the number "
          + "of dimensions in the input.")
    }
    sizes.remove(at: axis < 0 ? axis + rank : axis)
    context.setOutput(0, PartialShape(sizes))
  }
}

private final class ArgKernel<Scalar: RealScalar>: Kernel {
  let largest: Bool
  let outputType: DType

  init(_ construction: KernelConstruction, largest: Bool) throws(StatusError) {
    self.largest = largest
    outputType = try construction.outputType(0)
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    var x = try context.input(0)
    if x.dtype == .bool { x = try x.bitcast(to: .uint8, shape: x.shape) }
    let axisTensor = try context.input(1)
    guard axisTensor.shape.isScalar, let named = try axisTensor.integers().first else {
      throw .invalidArgument(
        "dim must be a scalar, but received tensor of shape: \(axisTensor.shape)")
    }
    let rank = x.shape.rank
    guard named >= -rank, named < rank else {
      throw .invalidArgument(
        "Expected dimension in the range [\(-rank), \(rank)), but got \(named)")
    }
    let axis = named < 0 ? named + rank : named
    guard x.shape[axis] > 0 else {
      throw .invalidArgument("Reduction axis \(named) is empty in shape \(x.shape)")
    }
    var sizes = x.shape.sizes
    sizes.remove(at: axis)
    let shape = try Shape(sizes)
    let view = AxisView(x.shape, axis: axis)
    if outputType == .int64 {
      let output = try context.allocate(0, dtype: .int64, shape: shape)
      if shape.elementCount == 0 { return }
      try ArgReduction<Scalar>.run(x, view, largest: largest, into: output, context.workers)
      return
    }
    let wide = try AnyTensor.uninitialized(dtype: .int64, shape: shape, budget: context.budget)
    if shape.elementCount > 0 {
      try ArgReduction<Scalar>.run(x, view, largest: largest, into: wide, context.workers)
    }
    switch outputType {
    case .int32: try narrow(wide, to: Int32.self, context)
    case .int16: try narrow(wide, to: Int16.self, context)
    default: try narrow(wide, to: UInt16.self, context)
    }
  }

  private func narrow<Index: IntegerScalar>(
    _ wide: AnyTensor, to type: Index.Type, _ context: borrowing KernelContext
  ) throws(StatusError) {
    let source = try wide.span(of: Int64.self)
    try context.makeOutput(0, of: Index.self, shape: wide.shape) { target throws(StatusError) in
      for index in 0..<source.count { target[index] = Index(truncatingIfNeeded: source[index]) }
    }
  }
}

/// Positions of the largest elements of `x` along `axis`; the first of equals.
///
/// - Returns: the shape of `x` without that dimension.
/// - Throws: ``StatusError/Code/invalidArgument`` if `axis` is outside of a known rank.
/// - SeeAlso: TensorFlow op `ArgMax`.
public func argmax<Scalar: RealScalar>(
  _ x: Output<Scalar>, along axis: Int = 0, name: String? = nil
) throws(StatusError) -> Output<Int64> {
  let axis = try x.graph.integerConstant(axis)
  return try Output(
    x.graph.addOperation("ArgMax", inputs: [x.erased, axis], name: name).output(0))
}

/// Positions of the smallest elements of `x` along `axis`; the first of equals.
///
/// - Returns: the shape of `x` without that dimension.
/// - Throws: ``StatusError/Code/invalidArgument`` if `axis` is outside of a known rank.
/// - SeeAlso: TensorFlow op `ArgMin`.
public func argmin<Scalar: RealScalar>(
  _ x: Output<Scalar>, along axis: Int = 0, name: String? = nil
) throws(StatusError) -> Output<Int64> {
  let axis = try x.graph.integerConstant(axis)
  return try Output(
    x.graph.addOperation("ArgMin", inputs: [x.erased, axis], name: name).output(0))
}
