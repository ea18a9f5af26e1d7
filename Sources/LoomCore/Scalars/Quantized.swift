/// Integers that stand for real numbers by a range kept elsewhere: the quantised dtypes.
public protocol QuantizedScalar: TrivialScalar {
  associatedtype Storage: IntegerScalar
  var storage: Storage { get set }
  init(_ storage: Storage)
}

extension QuantizedScalar {
  @inlinable public static var zero: Self { Self(0) }
}

public struct QInt8: QuantizedScalar {
  public var storage: Int8
  @inlinable public init(_ storage: Int8) { self.storage = storage }
  @inlinable public static var dtype: DType { .qint8 }
}

public struct QUInt8: QuantizedScalar {
  public var storage: UInt8
  @inlinable public init(_ storage: UInt8) { self.storage = storage }
  @inlinable public static var dtype: DType { .quint8 }
}

public struct QInt16: QuantizedScalar {
  public var storage: Int16
  @inlinable public init(_ storage: Int16) { self.storage = storage }
  @inlinable public static var dtype: DType { .qint16 }
}

public struct QUInt16: QuantizedScalar {
  public var storage: UInt16
  @inlinable public init(_ storage: UInt16) { self.storage = storage }
  @inlinable public static var dtype: DType { .quint16 }
}

public struct QInt32: QuantizedScalar {
  public var storage: Int32
  @inlinable public init(_ storage: Int32) { self.storage = storage }
  @inlinable public static var dtype: DType { .qint32 }
}
