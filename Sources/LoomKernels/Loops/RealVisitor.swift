public import LoomCore

/// Something that is done for one of the ordered dtypes; called through `/LoomCore/DType/visitReal(_:)`.
public protocol RealVisitor {
  func visit<Scalar: RealScalar>(_ type: Scalar.Type) throws(StatusError)
}

extension DType {
  /// Calls `visitor` with the Swift type of a floating or integer dtype.
  ///
  /// - Throws: ``StatusError/Code/unimplemented`` for other dtypes; what the visitor throws.
  @inlinable public func visitReal(_ visitor: some RealVisitor) throws(StatusError) {
    switch self {
    case .float: try visitor.visit(Float.self)
    case .double: try visitor.visit(Double.self)
    case .half: try visitor.visit(Float16.self)
    case .bfloat16: try visitor.visit(BFloat16.self)
    case .int8: try visitor.visit(Int8.self)
    case .int16: try visitor.visit(Int16.self)
    case .int32: try visitor.visit(Int32.self)
    case .int64: try visitor.visit(Int64.self)
    case .uint8: try visitor.visit(UInt8.self)
    case .uint16: try visitor.visit(UInt16.self)
    case .uint32: try visitor.visit(UInt32.self)
    case .uint64: try visitor.visit(UInt64.self)
    default: throw .unimplemented("Expected a real dtype, got \(self)")
    }
  }
}

extension RealScalar {
  /// The smallest finite value: what a maximum over nothing starts from in TensorFlow's pools.
  @inlinable static var lowestFinite: Self {
    switch dtype {
    case .float: Self(converting: -Double(Float.greatestFiniteMagnitude))
    case .double: Self(converting: -Double.greatestFiniteMagnitude)
    case .half: Self(converting: -65504)
    case .bfloat16: Self(converting: -0x1.FEp127)
    default: lowest
    }
  }
}
