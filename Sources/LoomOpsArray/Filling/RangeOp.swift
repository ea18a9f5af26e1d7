public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Numbers from a start up to a limit in equal steps.
public enum RangeOp: OpDeclaration, FloatingKernelFamily, IntegerKernelFamily {
  public static let signature = OpSignature(
    "Range", inputs: ["start: Tidx", "limit: Tidx", "delta: Tidx"], outputs: ["output: Tidx"],
    attributes: [
      "Tidx: {bfloat16, half, float, double, int8, int16, int32, int64, uint16, uint32, uint64} = int32"
    ])
  public static let shapes = ShapeFunction { context in
    for index in 0..<3 { try context.requireRank(index, 0) }
    context.setOutput(0, [try knownCount(context)])
  }
  public static let gradient = GradientRule.notDifferentiable(because: "positions are no numbers")
  public static let kernels = KernelTable.floating(RangeOp.self, attribute: "Tidx")
    .or(.integer(RangeOp.self, attribute: "Tidx"))

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    RangeKernel<Scalar> { (start, limit, delta) throws(StatusError) in
      try RangeOp.count(start, limit, delta)
    }
  }

  public static func kernel<Scalar: IntegerScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    RangeKernel<Scalar> { (start, limit, delta) throws(StatusError) in
      try RangeOp.count(start, limit, delta)
    }
  }

  private static func knownCount(_ context: ShapeContext) throws(StatusError) -> Int? {
    if let start = try number(context, 0), let limit = try number(context, 1),
      let delta = try number(context, 2)
    {
      return try count(start, limit, delta)
    }
    guard let start = context.constant(0), let limit = context.constant(1),
      let delta = context.constant(2)
    else { return nil }
    switch start.dtype {
    case .float: return try count(start, limit, delta, Float.self)
    case .double: return try count(start, limit, delta, Double.self)
    case .half: return try count(start, limit, delta, Float16.self)
    case .bfloat16: return try count(start, limit, delta, BFloat16.self)
    default: return nil
    }
  }

  private static func number(_ context: ShapeContext, _ index: Int) throws(StatusError) -> Int64? {
    guard context.inputTypes[index].isInteger else { return nil }
    if let value = try context.scalarValue(index) { return Int64(value) }
    return try context.constant(index).map { (tensor) throws(StatusError) in
      try tensor.integers().first.map(Int64.init)
    } ?? nil
  }

  private static func count<Scalar: FloatingScalar>(
    _ start: AnyTensor, _ limit: AnyTensor, _ delta: AnyTensor, _ type: Scalar.Type
  ) throws(StatusError) -> Int {
    try count(
      start.element(0, of: type), limit.element(0, of: type), delta.element(0, of: type))
  }

  static func check<Scalar: RealScalar>(
    _ start: Scalar, _ limit: Scalar, _ delta: Scalar
  ) throws(StatusError) {
    guard delta != .zero else { throw .invalidArgument("Requires delta != 0: \(delta)") }
    if delta > .zero {
      guard start <= limit else {
        throw .invalidArgument("Requires start <= limit when delta > 0: \(start)/\(limit)")
      }
    } else {
      guard start >= limit else {
        throw .invalidArgument("Requires start >= limit when delta < 0: \(start)/\(limit)")
      }
    }
  }

  /// The number of steps of `delta` before `limit` is reached.
  static func count<Scalar: IntegerScalar>(
    _ start: Scalar, _ limit: Scalar, _ delta: Scalar
  ) throws(StatusError) -> Int {
    try check(start, limit, delta)
    // Both are non-negative, and their magnitudes fit an unsigned word.
    let distance =
      start <= limit
      ? UInt64(truncatingIfNeeded: limit) &- UInt64(truncatingIfNeeded: start)
      : UInt64(truncatingIfNeeded: start) &- UInt64(truncatingIfNeeded: limit)
    let step = UInt64(delta.magnitude)
    let count = distance / step + (distance % step == 0 ? 0 : 1)
    guard let result = Int(exactly: count) else {
      throw .invalidArgument("Requires ((limit - start) / delta) <= \(Int.max)")
    }
    return result
  }

  static func count<Scalar: FloatingScalar>(
    _ start: Scalar, _ limit: Scalar, _ delta: Scalar
  ) throws(StatusError) -> Int {
    try check(start, limit, delta)
    let steps = Scalar.quotient(Scalar.wrappingSubtract(limit, start), delta).doubleValue
    guard let result = Int(exactly: steps.magnitude.rounded(.up)) else {
      throw .invalidArgument("Requires ((limit - start) / delta) <= \(Int.max)")
    }
    return result
  }
}

private final class RangeKernel<Scalar: RealScalar>: Kernel {
  typealias Count = @Sendable (Scalar, Scalar, Scalar) throws(StatusError) -> Int
  private let count: Count

  init(_ count: @escaping Count) { self.count = count }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let names = ["start", "limit", "delta"]
    for (index, name) in names.enumerated() {
      let shape = try context.input(index).shape
      guard shape.elementCount == 1, shape.rank <= 1 else {
        throw .invalidArgument("\(name) must be a scalar, not shape \(shape)")
      }
    }
    let start: Scalar = try context.scalar(0)
    let delta: Scalar = try context.scalar(2)
    let total = try count(start, context.scalar(1), delta)
    try context.makeOutput(0, of: Scalar.self, shape: Shape(vector: total)) { span in
      for index in span.indices {
        let steps = Scalar.wrappingMultiply(Scalar(converting: Double(index)), delta)
        span[index] = Scalar.wrappingAdd(start, steps)
      }
    }
  }
}

/// A given number of numbers from a start to a stop, both included, in equal steps.
public enum LinSpace: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "LinSpace", inputs: ["start: T", "stop: T", "num: Tidx"], outputs: ["output: T"],
    attributes: ["T: {bfloat16, half, float, double}", "Tidx: {int32, int64} = int32"])
  public static let shapes = ShapeFunction { context in
    for index in 0..<2 { try context.requireRank(index, 0) }
    let count = try context.scalarValue(2)
    if let count, count <= 0 {
      throw StatusError.invalidArgument("Requires num > 0: \(count)")
    }
    context.setOutput(0, [count])
  }
  public static let gradient = GradientRule.notDifferentiable(because: "TensorFlow defines it so")
  public static let kernels = KernelTable.floating(LinSpace.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(LinSpaceKernel<Scalar>())
  }
}

private final class LinSpaceKernel<Scalar: FloatingScalar>: Kernel {
  init() {}

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    for (index, name) in ["start", "stop", "num"].enumerated() {
      let shape = try context.input(index).shape
      guard shape.isScalar else {
        throw .invalidArgument("\(name) must be a scalar, not shape \(shape)")
      }
    }
    let (start, stop): (Scalar, Scalar) = (try context.scalar(0), try context.scalar(1))
    let count = try context.integer(2, named: "num")
    guard count > 0 else { throw .invalidArgument("Requires num > 0: \(count)") }
    try context.makeOutput(0, of: Scalar.self, shape: Shape(vector: count)) { span in
      span[0] = start
      guard count > 1 else { return }
      let step = Scalar.quotient(
        Scalar.wrappingSubtract(stop, start), Scalar(converting: Double(count - 1)))
      for index in 1..<count - 1 {
        span[index] = Scalar.wrappingAdd(
          start, Scalar.wrappingMultiply(step, Scalar(converting: Double(index))))
      }
      // Exactly, which the sum of steps would not give.
      span[count - 1] = stop
    }
  }
}

extension Graph {
  /// The numbers from `start` up to, and without, `limit` in steps of `delta`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if `delta` is zero or leads away from `limit`.
  /// - SeeAlso: TensorFlow op `Range`.
  public func range<Scalar: RealScalar>(
    _ start: Scalar, _ limit: Scalar, by delta: Scalar = .one, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    var inputs: [AnyOutput] = []
    for value in [start, limit, delta] {
      let tensor = try AnyTensor(scalar: value)
      inputs.append(
        try addOperation(
          "Const", attributes: ["value": .tensor(tensor), "dtype": .type(tensor.dtype)]
        ).output(0))
    }
    return try Output(addOperation("Range", inputs: inputs, name: name ?? "range").output(0))
  }
}

/// The numbers from `start` up to, and without, `limit` in steps of `delta`.
///
/// - SeeAlso: TensorFlow op `Range`.
public func range<Scalar: RealScalar>(
  _ start: Output<Scalar>, _ limit: Output<Scalar>, by delta: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    start.graph.addOperation(
      "Range", inputs: [start.erased, limit.erased, delta.erased], name: name
    ).output(0))
}

/// `count` numbers from `start` to `stop`, both included, in equal steps.
///
/// - SeeAlso: TensorFlow op `LinSpace`.
public func linearSpace<Scalar: FloatingScalar>(
  from start: Output<Scalar>, to stop: Output<Scalar>, count: Int, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    start.graph.addOperation(
      "LinSpace", inputs: [start.erased, stop.erased, start.graph.index(count).erased], name: name
    ).output(0))
}
