package import LoomCore
package import LoomProto

extension DType {
  /// - Throws: ``StatusError/Code/invalidArgument`` if the number is no dtype.
  package init(_ message: Tensorflow_DataType) throws(StatusError) {
    guard let type = DType(rawValue: Int32(truncatingIfNeeded: message.rawValue)) else {
      throw .invalidArgument("AttrValue has invalid DataType enum: \(message.rawValue)")
    }
    self = type
  }

  package var proto: Tensorflow_DataType {
    Tensorflow_DataType(rawValue: Int(rawValue)) ?? .dtInvalid
  }
}
