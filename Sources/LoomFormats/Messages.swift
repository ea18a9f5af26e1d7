package import FoundationEssentials
package import LoomCore
package import SwiftProtobuf

/// Limits on messages from outside.
public enum MessageLimits {
  /// Messages inside messages; TensorFlow's own limit.
  public static let depth = 100
  /// Bytes of one message; the wire format's own limit.
  public static let bytes = Int(Int32.max)
}

/// Protobuf messages to and from bytes and text.
package enum Wire {
  /// Parses a message in wire format.
  ///
  /// - Throws: ``StatusError/Code/dataLoss`` if the bytes are not such a message;
  ///   ``StatusError/Code/invalidArgument`` beyond ``MessageLimits``.
  package static func decode<M: Message>(_ type: M.Type, _ bytes: Data) throws(StatusError) -> M {
    guard bytes.count <= MessageLimits.bytes else {
      throw .invalidArgument(
        "A \(M.protoMessageName) of \(bytes.count) bytes is larger than 2GB, the limit of its format."
      )
    }
    var options = BinaryDecodingOptions()
    options.messageDepthLimit = MessageLimits.depth
    do { return try M(serializedBytes: bytes, options: options) } catch {
      throw StatusError(
        .dataLoss, "Error parsing message with type '\(M.protoMessageName)': \(reason(of: error))")
    }
  }

  /// Parses a message in text format.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the text is not such a message.
  package static func decodeText<M: Message>(_ type: M.Type, _ text: String) throws(StatusError)
    -> M
  {
    var options = TextFormatDecodingOptions()
    options.messageDepthLimit = MessageLimits.depth
    do { return try M(textFormatString: text, options: options) } catch {
      throw .invalidArgument(
        "Error parsing text-format \(M.protoMessageName): \(reason(of: error))")
    }
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the message is too large for its format.
  package static func encode(_ message: some Message) throws(StatusError) -> Data {
    do { return try message.serializedBytes() } catch {
      throw .invalidArgument(
        "Error writing message with type '\(type(of: message).protoMessageName)': \(reason(of: error))"
      )
    }
  }

  /// Opaque remainders: empty for a message that says nothing.
  package static func opaque<M: Message & Equatable>(_ message: M) throws(StatusError) -> [UInt8] {
    message == M() ? [] : Array(try encode(message))
  }

  @inline(never)
  private static func reason(of error: any Error) -> String {
    switch error {
    case BinaryDecodingError.truncated: "the message is cut off"
    case BinaryDecodingError.malformedProtobuf: "Wire format was corrupt"
    case BinaryDecodingError.invalidUTF8: "a string is not UTF-8"
    case BinaryDecodingError.messageDepthLimit, TextFormatDecodingError.messageDepthLimit:
      "messages are nested too deeply"
    case TextFormatDecodingError.truncated: "the text ends early; expected \"}\"."
    case TextFormatDecodingError.unknownField: "the message type has no such field"
    case TextFormatDecodingError.malformedNumber: "expected a number"
    case TextFormatDecodingError.unrecognizedEnumValue: "unknown enumeration value"
    case TextFormatDecodingError.conflictingOneOf: "two values for one field"
    case TextFormatDecodingError.schemaMismatch: "a value does not fit its field"
    default: "\(error)"
    }
  }
}
