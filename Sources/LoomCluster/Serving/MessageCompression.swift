#if Distributed
  import LoomCore
  import LoomFormats
  import LoomKernels
  import LoomRuntime
  import NIOCore

  /// How messages may be compressed on their way.
  enum MessageCompression: String, Sendable {
    case deflate, gzip

    /// What a session's options ask for; as in TensorFlow, nothing if they name something else.
    init?(_ options: RPCOptions) { self.init(rawValue: options.compressionAlgorithm) }

    /// How much comes out of one step of the decompression.
    private static let piece = 1 << 16

    /// Few bytes may stand for a thousand times as many: they are not let out for many callers at once.
    private static let turn = AsyncLock()

    /// The message that was compressed, on a thread where that may take its time; one at a time.
    ///
    /// - Throws: ``StatusError/Code/resourceExhausted`` for more than `limit` bytes;
    ///   ``StatusError/Code/internal`` for what was not compressed like this.
    func decompressed(_ message: ByteBuffer, limit: Int) async throws(StatusError) -> ByteBuffer {
      try await MessageCompression.turn.withLock { () async throws(StatusError) in
        try await inflated(message, limit: limit)
      }
    }

    private func inflated(_ message: ByteBuffer, limit: Int) async throws(StatusError) -> ByteBuffer
    {
      if Task.isCancelled { throw .callIsAbandoned }
      let cancellation = CancellationState()
      return try await Detached.run(cancelling: cancellation) { () throws(StatusError) in
        let inflater = try Inflater(isGzip: self == .gzip)
        let input = Array(message.readableBytesView)
        var (result, start) = (ByteBuffer(), 0)
        while !inflater.isFinished {
          if cancellation.isCancelled { throw .callIsAbandoned }
          let before = start
          let piece: [UInt8]
          do throws(StatusError) {
            piece = try inflater.inflate(input, from: &start, limit: MessageCompression.piece)
          } catch {
            throw .internal("Expected a message compressed by \(rawValue): \(error.reason)")
          }
          result.writeBytes(piece)
          guard result.readableBytes <= limit else {
            throw StatusError(
              .resourceExhausted, "Received message larger than max (more than \(limit))")
          }
          // What is missing shows in the message.
          guard start > before || !piece.isEmpty else { break }
        }
        return result
      }.get()
    }
  }
#endif
