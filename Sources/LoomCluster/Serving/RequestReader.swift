#if Distributed
  import LoomCore
  import NIOCore

  /// Puts together the one message of a call from the pieces that arrive.
  struct RequestReader {
    private var bytes = ByteBuffer()
    private var isCompressed = false
    /// How long the message is, once its head is there.
    private var length: Int?
    /// Bytes that have arrived.
    private(set) var received = 0

    /// - Throws: ``StatusError/Code/resourceExhausted`` for a message beyond `limit`, as soon as its head tells;
    ///   ``StatusError/Code/unimplemented`` if there is a second one.
    mutating func append(_ piece: ByteBuffer, limit: Int) throws(StatusError) {
      received += piece.readableBytes
      if bytes.readableBytes == 0 {
        // Most messages come in one piece.
        bytes = piece
      } else {
        var piece = piece
        bytes.writeBuffer(&piece)
      }
      if length == nil { try readHead(limit: limit) }
      if let length, bytes.readableBytes > length {
        throw .unimplemented("Expected one message of \(length) bytes, got more.")
      }
    }

    private mutating func readHead(limit: Int) throws(StatusError) {
      guard bytes.readableBytes >= WireMessage.headLength,
        let compression = bytes.readInteger(as: UInt8.self),
        let size = bytes.readInteger(as: UInt32.self)
      else { return }
      isCompressed = compression != 0
      guard Int(size) <= limit else {
        throw StatusError(
          .resourceExhausted, "Received message larger than max (\(size) vs. \(limit))")
      }
      length = Int(size)
    }

    /// The message, and whether it is compressed; there is nothing left of it here.
    ///
    /// - Throws: ``StatusError/Code/internal`` if it is not whole.
    mutating func take() throws(StatusError) -> (bytes: ByteBuffer, isCompressed: Bool) {
      guard let length, bytes.readableBytes == length else {
        throw .internal("Expected one message, got \(length == nil ? "none" : "a part of one").")
      }
      defer { bytes = ByteBuffer() }
      return (bytes, isCompressed)
    }
  }
#endif
