package import LoomCore

/// How the bytes of a file are compressed, by TensorFlow's names.
package enum Compression: Sendable, Hashable {
  case none
  case zlib
  case gzip

  /// - Throws: ``StatusError/Code/invalidArgument`` for other names than `ZLIB`, `GZIP` and nothing.
  package init(name: String) throws(StatusError) {
    switch name {
    case "", "NONE": self = .none
    case "ZLIB": self = .zlib
    case "GZIP": self = .gzip
    default: throw .invalidArgument("Unsupported compression_type: \(name).")
    }
  }

  /// The bytes behind compressed ones.
  ///
  /// - Parameter limit: more is an error, for a few bytes can stand for very many.
  /// - Throws: ``StatusError/Code/dataLoss`` if they are damaged or cut off,
  ///   ``StatusError/Code/resourceExhausted`` beyond the limit.
  package func decompress(
    _ bytes: [UInt8], limit: Int = MessageLimits.bytes
  ) throws(StatusError) -> [UInt8] {
    guard self != .none else { return bytes }
    let inflater = try Inflater(isGzip: self == .gzip)
    var result: [UInt8] = []
    var position = 0
    while !inflater.isFinished {
      let start = position
      let part = try inflater.inflate(bytes, from: &position, limit: 1 << 16)
      result += part
      guard result.count <= limit else {
        throw .resourceExhausted("Decompressed bytes exceed the limit of \(limit)")
      }
      if part.isEmpty && position == start { break }
    }
    return result
  }
}
