#if Distributed
  import LoomCore
  import LoomFormats
  import NIOCore
  import SwiftProtobuf

  /// Messages to and from the bytes of a server's calls.
  enum WireMessage {
    /// A byte that tells of compression, four with the length.
    static let headLength = 5

    /// - Throws: ``StatusError/Code/internal`` if the bytes are not such a message.
    static func parse<M: Message>(_ bytes: ByteBuffer) throws(StatusError) -> M {
      try parse(MessageBytes(buffer: bytes))
    }

    /// - Throws: ``StatusError/Code/internal`` if the bytes are not such a message.
    static func parse<M: Message>(
      _ bytes: some SwiftProtobufContiguousBytes
    ) throws(StatusError) -> M {
      var options = BinaryDecodingOptions()
      options.messageDepthLimit = MessageLimits.depth
      do { return try M(serializedBytes: bytes, options: options) } catch {
        throw .internal("Error parsing message with type '\(M.protoMessageName)': \(error)")
      }
    }

    /// A message behind its head.
    ///
    /// - Throws: ``StatusError/Code/invalidArgument`` beyond 2 GiB.
    static func framed(_ message: some Message) throws(StatusError) -> ByteBuffer {
      let bytes: MessageBytes = try serialized(message)
      return bytes.framed
    }

    /// - Throws: ``StatusError/Code/invalidArgument`` beyond 2 GiB.
    static func serialized<M: Message, Bytes: SwiftProtobufContiguousBytes>(
      _ message: M
    ) throws(StatusError) -> Bytes {
      do { return try message.serializedBytes() } catch {
        throw .invalidArgument(
          "Error writing message with type '\(M.protoMessageName)': it is too large for its format."
        )
      }
    }

    /// Bytes behind their head, for messages that are written by hand.
    static func framed(_ bytes: [UInt8]) -> ByteBuffer { MessageBytes(bytes).framed }
  }

  /// A buffer as SwiftProtobuf reads and writes it, without a copy in between. What is written has room for
  /// its head before it.
  private struct MessageBytes: SwiftProtobufContiguousBytes {
    private var buffer: ByteBuffer

    init(buffer: ByteBuffer) { self.buffer = buffer }

    init(repeating byte: UInt8, count: Int) {
      buffer = MessageBytes.head(of: count)
      buffer.writeRepeatingByte(byte, count: count)
      buffer.moveReaderIndex(forwardBy: WireMessage.headLength)
    }

    init<S: Sequence>(_ sequence: S) where S.Element == UInt8 {
      let bytes = Array(sequence)
      buffer = MessageBytes.head(of: bytes.count)
      buffer.writeBytes(bytes)
      buffer.moveReaderIndex(forwardBy: WireMessage.headLength)
    }

    private static func head(of count: Int) -> ByteBuffer {
      var buffer = ByteBufferAllocator().buffer(capacity: WireMessage.headLength + count)
      buffer.writeInteger(UInt8(0))
      // The format's own limit is lower.
      buffer.writeInteger(UInt32(clamping: count))
      return buffer
    }

    /// What was written, behind its head.
    var framed: ByteBuffer {
      var framed = buffer
      framed.moveReaderIndex(to: 0)
      return framed
    }

    var count: Int { buffer.readableBytes }

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
      try unsafe buffer.withUnsafeReadableBytes(body)
    }

    mutating func withUnsafeMutableBytes<R>(
      _ body: (UnsafeMutableRawBufferPointer) throws -> R
    ) rethrows -> R {
      try unsafe buffer.withUnsafeMutableReadableBytes(body)
    }
  }
#endif
