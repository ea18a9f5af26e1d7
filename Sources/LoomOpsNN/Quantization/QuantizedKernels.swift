import LoomCore
import LoomKernels

/// Kernels for the quantised dtypes.
protocol QuantizedKernelFamily: SendableMetatype {
  static func make<Quantized: QuantizedScalar>(
    _ type: Quantized.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel
}

extension KernelTable {
  static func quantized<Family: QuantizedKernelFamily>(
    _ family: Family.Type, attribute: String = "T", over types: Set<DType> = .quantized,
    with others: [String: Set<DType>] = [:]
  ) -> KernelTable {
    var constraints = others
    constraints[attribute] = types
    return KernelTable(where: constraints) { construction in
      switch try construction.attributes.type(attribute).base {
      case .qint8: try Family.make(QInt8.self, construction)
      case .quint8: try Family.make(QUInt8.self, construction)
      case .qint16: try Family.make(QInt16.self, construction)
      case .quint16: try Family.make(QUInt16.self, construction)
      default: try Family.make(QInt32.self, construction)
      }
    }
  }
}

extension QuantizedScalar {
  static var lowest: Int64 { Int64(Storage.min) }
  static var highest: Int64 { Int64(Storage.max) }
  static var stepCount: Double { Double(highest - lowest) + 1 }
  var integer: Int64 { Int64(storage) }

  init(clamping value: Int64) { self.init(Storage(clamping: value)) }
}

/// A range of floats that all values of a quantised dtype share.
struct QuantizedRange<Quantized: QuantizedScalar>: Sendable {
  let minimum: Float
  let maximum: Float

  init(_ minimum: Float, _ maximum: Float) {
    self.minimum = minimum
    self.maximum = maximum
  }

  /// Inputs `first` and `first + 1`.
  init(_ context: borrowing KernelContext, _ first: Int) throws(StatusError) {
    minimum = try quantizedLimit(context, first)
    maximum = try quantizedLimit(context, first + 1)
  }

  /// The float that `value` stands for.
  func float(_ value: Quantized) -> Float {
    if minimum == maximum { return minimum }
    let adjustment = Quantized.stepCount / (Quantized.stepCount - 1)
    let range = Double(maximum - minimum) * adjustment
    let scale = range / Quantized.stepCount
    let offset = Double(value.integer - Quantized.lowest)
    let rounded =
      Double((minimum / Float(scale)).rounded(.toNearestOrAwayFromZero)) * Double(Float(scale))
    return Float(rounded + offset * scale)
  }

  /// The step that stands for `value`, which may lie outside of the dtype.
  func unclamped(_ value: Float) -> Int64 {
    if minimum == maximum { return Quantized.lowest }
    let adjustment = Quantized.stepCount / (Quantized.stepCount - 1)
    let range = Double(maximum - minimum) * adjustment
    let scale = Quantized.stepCount / range
    let position =
      (Double(value) * scale).rounded(.toNearestOrAwayFromZero)
      - (Double(minimum) * scale).rounded(.toNearestOrAwayFromZero)
    // Far outside of any dtype is as good as at the end of Int64.
    guard let step = Int64(exactly: position) else {
      return position > 0 ? Quantized.highest : Quantized.lowest
    }
    let (sum, overflow) = step.addingReportingOverflow(Quantized.lowest)
    return overflow ? (step > 0 ? Quantized.highest : Quantized.lowest) : sum
  }

  func quantize(_ value: Float) -> Quantized { Quantized(clamping: unclamped(value)) }

  /// What one step is worth.
  var level: Float { (maximum - minimum) / Float(Quantized.highest - Quantized.lowest) }
}

/// The range of products of two quantised dtypes in a third.
func productRange<A, B, C>(
  _ a: QuantizedRange<A>, _ b: QuantizedRange<B>, as type: C.Type
) -> QuantizedRange<C> {
  let level = a.level * b.level
  return QuantizedRange(level * Float(C.lowest), level * Float(C.highest))
}

/// A scalar limit of a quantised range.
func quantizedLimit(_ context: borrowing KernelContext, _ index: Int) throws(StatusError) -> Float {
  let tensor = try context.input(index)
  guard tensor.elementCount == 1 else {
    throw .invalidArgument("Input \(index) must be a scalar, got shape \(tensor.shape)")
  }
  return try tensor.element(0, of: Float.self)
}

extension KernelContext {
  /// Outputs `first` and `first + 1`: scalar limits.
  func setRange(_ first: Int, _ minimum: Float, _ maximum: Float) throws(StatusError) {
    try setOutput(first, AnyTensor(scalar: minimum))
    try setOutput(first + 1, AnyTensor(scalar: maximum))
  }
}
