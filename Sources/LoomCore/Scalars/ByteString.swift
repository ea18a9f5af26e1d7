/// An element of a string tensor: any bytes, not necessarily UTF-8.
public struct ByteString: Hashable, Sendable {
  public var bytes: [UInt8]

  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
  public init(bytes: [UInt8]) { self.bytes = bytes }
  public init(_ text: String) { bytes = Array(text.utf8) }
  public init() { bytes = [] }

  public var count: Int { bytes.count }
  public var isEmpty: Bool { bytes.isEmpty }

  /// The bytes read as UTF-8; malformed parts become U+FFFD.
  public var string: String { String(decoding: bytes, as: UTF8.self) }
}

extension ByteString: TensorScalar {
  @inlinable public static var dtype: DType { .string }
  public static var zero: ByteString { ByteString() }
}

extension ByteString: ExpressibleByStringLiteral {
  public init(stringLiteral value: String) { self.init(value) }
}

extension ByteString: Comparable {
  public static func < (a: ByteString, b: ByteString) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }
}

extension ByteString: CustomStringConvertible {
  public var description: String { string }
}
