public import LoomCore

/// A scalar with the type its sums and products are gathered in.
///
/// Integers gather in 64 bits: wrapping at the end equals wrapping all along, and a mean does not
/// overflow. half and bfloat16 gather in Float and are rounded once.
public protocol AccumulatingScalar: NumericScalar {
  associatedtype Total: NumericScalar
  var total: Total { get }
  /// The total in the scalar's own type: rounded, or its low bits.
  static func narrowed(_ total: Total) -> Self
}

extension AccumulatingScalar where Total == Self {
  @inlinable @inline(__always) public var total: Self { self }
  @inlinable @inline(__always) public static func narrowed(_ total: Self) -> Self { total }
}

extension AccumulatingScalar where Self: IntegerScalar, Total: IntegerScalar {
  @inlinable @inline(__always) public var total: Total { Total(truncatingIfNeeded: self) }
  @inlinable @inline(__always) public static func narrowed(_ total: Total) -> Self {
    Self(truncatingIfNeeded: total)
  }
}

extension Float: AccumulatingScalar { public typealias Total = Float }
extension Double: AccumulatingScalar { public typealias Total = Double }
extension Int64: AccumulatingScalar {
  public typealias Total = Int64
  @inlinable @inline(__always) public var total: Int64 { self }
  @inlinable @inline(__always) public static func narrowed(_ total: Int64) -> Int64 { total }
}
extension UInt64: AccumulatingScalar {
  public typealias Total = UInt64
  @inlinable @inline(__always) public var total: UInt64 { self }
  @inlinable @inline(__always) public static func narrowed(_ total: UInt64) -> UInt64 { total }
}
extension Complex: AccumulatingScalar where Real: FloatingScalar {
  public typealias Total = Complex<Real>
}
extension Int8: AccumulatingScalar { public typealias Total = Int64 }
extension Int16: AccumulatingScalar { public typealias Total = Int64 }
extension Int32: AccumulatingScalar { public typealias Total = Int64 }
extension UInt8: AccumulatingScalar { public typealias Total = UInt64 }
extension UInt16: AccumulatingScalar { public typealias Total = UInt64 }
extension UInt32: AccumulatingScalar { public typealias Total = UInt64 }
extension Float16: AccumulatingScalar {
  @inlinable @inline(__always) public var total: Float { Float(self) }
  @inlinable @inline(__always) public static func narrowed(_ total: Float) -> Self { Self(total) }
}
extension BFloat16: AccumulatingScalar {
  @inlinable @inline(__always) public var total: Float { accumulator }
  @inlinable @inline(__always) public static func narrowed(_ total: Float) -> Self { Self(total) }
}

/// Kernels for all numbers, that gather in a wider type.
public protocol AccumulatingKernelFamily: SendableMetatype {
  static func kernel<Scalar: AccumulatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel
}

extension KernelTable {
  @inlinable public static func accumulating<Family: AccumulatingKernelFamily>(
    _ family: Family.Type, attribute: String = "T", over types: Set<DType> = .numeric
  ) -> KernelTable {
    KernelTable(where: [attribute: types.intersection(.numeric)]) { construction in
      switch try construction.attributes.type(attribute).base {
      case .float: try Family.kernel(Float.self, construction)
      case .double: try Family.kernel(Double.self, construction)
      case .half: try Family.kernel(Float16.self, construction)
      case .bfloat16: try Family.kernel(BFloat16.self, construction)
      case .int8: try Family.kernel(Int8.self, construction)
      case .int16: try Family.kernel(Int16.self, construction)
      case .int32: try Family.kernel(Int32.self, construction)
      case .int64: try Family.kernel(Int64.self, construction)
      case .uint8: try Family.kernel(UInt8.self, construction)
      case .uint16: try Family.kernel(UInt16.self, construction)
      case .uint32: try Family.kernel(UInt32.self, construction)
      case .uint64: try Family.kernel(UInt64.self, construction)
      case .complex64: try Family.kernel(Complex64.self, construction)
      default: try Family.kernel(Complex128.self, construction)
      }
    }
  }
}
