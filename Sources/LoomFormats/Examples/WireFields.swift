package import LoomCore

/// The fields of one protobuf message in wire format, one after the other.
///
/// Messages with maps of millions of names are read without making a message object of each.
package struct WireFields {
  private var cursor: ByteCursor

  package enum Payload {
    case varint(UInt64)
    case bytes(ArraySlice<UInt8>)
    case fixed32(UInt32)
    case fixed64(UInt64)
  }

  package init(_ bytes: ArraySlice<UInt8>) { cursor = ByteCursor(bytes) }

  /// The next field; `nil` at the end.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the bytes are no message.
  package mutating func next() throws(StatusError) -> (number: Int, payload: Payload)? {
    if cursor.isAtEnd { return nil }
    guard let tag = cursor.varint(), let number = Int(exactly: tag >> 3), number > 0 else {
      throw WireFields.damaged
    }
    switch tag & 7 {
    case 0: if let value = cursor.varint() { return (number, .varint(value)) }
    case 1: if let value = cursor.uint64() { return (number, .fixed64(value)) }
    case 2:
      if let length = cursor.length(), let value = cursor.take(length) {
        return (number, .bytes(value))
      }
    case 5: if let value = cursor.uint32() { return (number, .fixed32(value)) }
    default: break
    }
    throw WireFields.damaged
  }

  static var damaged: StatusError { .invalidArgument("the message is damaged") }

  /// Calls `body` with the content of every field `number` that holds bytes.
  static func forEach(
    _ number: Int, in bytes: ArraySlice<UInt8>,
    _ body: (ArraySlice<UInt8>) throws(StatusError) -> Void
  ) throws(StatusError) {
    var fields = WireFields(bytes)
    while let field = try fields.next() {
      if field.number == number, case .bytes(let content) = field.payload { try body(content) }
    }
  }
}
