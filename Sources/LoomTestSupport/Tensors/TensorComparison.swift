public import LoomCore

/// How far floating-point elements may lie from what is expected:
/// `|actual - expected| <= absolute + relative * |expected|`. Zero and zero mean equal.
public struct Tolerance: Sendable, Hashable {
  public var relative: Double
  public var absolute: Double

  public init(relative: Double = 0, absolute: Double = 0) {
    self.relative = relative
    self.absolute = absolute
  }

  public static let exact = Tolerance()

  /// NaN matches NaN, an infinity only itself.
  public func accepts(_ actual: Double, _ expected: Double) -> Bool {
    if actual.isNaN || expected.isNaN { return actual.isNaN && expected.isNaN }
    if actual == expected { return true }
    if actual.isInfinite || expected.isInfinite { return false }
    return (actual - expected).magnitude <= absolute + relative * expected.magnitude
  }
}

extension AnyTensor {
  /// What tells this tensor from the expected one, readably; `nil` if nothing does.
  ///
  /// Dtype and shape must be the same. Integers, truth values, texts and quantised elements must be
  /// equal; floating-point and complex elements may differ by `tolerance`.
  public func difference(
    from expected: AnyTensor, tolerance: Tolerance = .exact
  ) throws(StatusError) -> String? {
    guard dtype == expected.dtype else { return "dtype is \(dtype), expected \(expected.dtype)" }
    guard shape == expected.shape else { return "shape is \(shape), expected \(expected.shape)" }
    let wrong: [Int]
    var largest = ""
    if dtype.isComplex {
      let actual = try complexElements()
      let wanted = try expected.complexElements()
      wrong = actual.indices.filter { !tolerance.accepts(actual[$0], wanted[$0]) }
    } else if dtype.isFloatingPoint, let actual = try realElements(),
      let wanted = try expected.realElements()
    {
      wrong = actual.indices.filter { !tolerance.accepts(actual[$0], wanted[$0]) }
      let offsets = wrong.map { (actual[$0] - wanted[$0]).magnitude }
      if let most = offsets.max(), most.isFinite { largest = "; off by up to \(most)" }
    } else {
      if self == expected { return nil }
      let actual = try elementTexts()
      let wanted = try expected.elementTexts()
      wrong = actual.indices.filter { actual[$0] != wanted[$0] }
      // Variants and the like can't be compared: nothing to say against them.
      if wrong.isEmpty { return nil }
    }
    guard let first = wrong.first else { return nil }
    let actual = try elementTexts()
    let wanted = try expected.elementTexts()
    var lines = [
      "\(wrong.count) of \(elementCount) elements of \(dtype)\(shape) differ\(largest)"
    ]
    for index in wrong.prefix(5) {
      lines.append("  at \(position(index)): got \(actual[index]), expected \(wanted[index])")
    }
    if wrong.count > 5 { lines.append("  … the first at \(position(first))") }
    return lines.joined(separator: "\n")
  }

  /// The indices of an element in row-major order, as `[1, 2]`.
  private func position(_ flat: Int) -> String {
    var rest = flat
    var indices: [Int] = []
    for axis in stride(from: shape.rank - 1, through: 0, by: -1) where shape[axis] > 0 {
      indices.append(rest % shape[axis])
      rest /= shape[axis]
    }
    return "\(Array(indices.reversed()))"
  }

  private func realElements() throws(StatusError) -> [Double]? {
    switch dtype {
    case .float: try scalars(of: Float.self).map { Double($0) }
    case .double: try scalars(of: Double.self)
    case .half: try scalars(of: Float16.self).map { Double($0) }
    case .bfloat16: try scalars(of: BFloat16.self).map(\.doubleValue)
    default: nil
    }
  }

  private func complexElements() throws(StatusError) -> [Complex128] {
    dtype == .complex128
      ? try scalars(of: Complex128.self)
      : try scalars(of: Complex64.self).map { Complex128(Double($0.real), Double($0.imaginary)) }
  }

  private func elementTexts() throws(StatusError) -> [String] {
    switch dtype {
    case .string: try scalars(of: ByteString.self).map { $0.string.debugDescription }
    case .bool: try scalars(of: Bool.self).map(\.description)
    case .float: try scalars(of: Float.self).map(\.description)
    case .double: try scalars(of: Double.self).map(\.description)
    case .half: try scalars(of: Float16.self).map(\.description)
    case .bfloat16: try scalars(of: BFloat16.self).map { "\($0.doubleValue)" }
    case .complex64: try scalars(of: Complex64.self).map(\.description)
    case .complex128: try scalars(of: Complex128.self).map(\.description)
    case .uint64: try scalars(of: UInt64.self).map(\.description)
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32: try integers().map(\.description)
    case .qint8: try scalars(of: QInt8.self).map { "\($0.storage)" }
    case .quint8: try scalars(of: QUInt8.self).map { "\($0.storage)" }
    case .qint16: try scalars(of: QInt16.self).map { "\($0.storage)" }
    case .quint16: try scalars(of: QUInt16.self).map { "\($0.storage)" }
    case .qint32: try scalars(of: QInt32.self).map { "\($0.storage)" }
    case .resource: try scalars(of: ResourceHandle.self).map(\.name)
    case .variant:
      try scalars(of: Variant.self).map { $0.value.map(\.typeName) ?? "nothing" }
    default:
      try bitcast(to: .uint8, shape: shape).integers().map { "0x" + String($0, radix: 16) }
    }
  }
}

extension Tolerance {
  /// Whether the distance in the plane is small enough; parts that are not finite must agree.
  public func accepts(_ actual: Complex128, _ expected: Complex128) -> Bool {
    let parts = [actual.real, actual.imaginary, expected.real, expected.imaginary]
    guard parts.allSatisfy(\.isFinite) else {
      return accepts(actual.real, expected.real) && accepts(actual.imaginary, expected.imaginary)
    }
    return (actual - expected).magnitude <= absolute + relative * expected.magnitude
  }
}
