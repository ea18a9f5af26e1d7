#if Distributed
  package import GRPCCore
  import LoomCore
  package import SwiftProtobuf

  /// Messages of one type to and from the bytes of a client's call.
  package struct MessageCoder<M: Message & Sendable>: MessageSerializer, MessageDeserializer {
    package init() {}

    package func serialize<Bytes: GRPCContiguousBytes>(_ message: M) throws -> Bytes {
      do throws(StatusError) {
        let bytes: WireBytes<Bytes> = try WireMessage.serialized(message)
        return bytes.bytes
      } catch {
        throw RPCError(error)
      }
    }

    package func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> M {
      do throws(StatusError) { return try WireMessage.parse(WireBytes(bytes: bytes)) } catch {
        throw RPCError(error)
      }
    }
  }

  /// The transport's bytes as SwiftProtobuf reads and writes them, without a copy in between.
  private struct WireBytes<Bytes: GRPCContiguousBytes>: SwiftProtobufContiguousBytes {
    var bytes: Bytes

    init(bytes: Bytes) { self.bytes = bytes }
    init(repeating byte: UInt8, count: Int) { bytes = Bytes(repeating: byte, count: count) }
    init<S: Sequence>(_ sequence: S) where S.Element == UInt8 { bytes = Bytes(sequence) }

    var count: Int { bytes.count }

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
      try unsafe bytes.withUnsafeBytes(body)
    }

    mutating func withUnsafeMutableBytes<R>(
      _ body: (UnsafeMutableRawBufferPointer) throws -> R
    ) rethrows -> R {
      try unsafe bytes.withUnsafeMutableBytes(body)
    }
  }
#endif
