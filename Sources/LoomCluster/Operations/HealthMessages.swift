#if Distributed
  import LoomCore
  import NIOCore

  /// Whether a service takes calls, as gRPC's health protocol numbers it.
  public enum ServingStatus: Int, Sendable {
    case unknown = 0
    case serving = 1
    case notServing = 2
    case serviceUnknown = 3
  }

  /// The messages of the health protocol: two fields in all are no reason for generated ones.
  enum HealthMessages {
    /// The service that a question is about; empty for the whole server.
    ///
    /// - Throws: ``StatusError/Code/internal`` if the bytes are not such a message.
    static func service(_ bytes: ByteBuffer) throws(StatusError) -> String {
      guard let service = service(Array(bytes.readableBytesView)[...]) else {
        throw .internal(
          "Error parsing message with type 'grpc.health.v1.HealthCheckRequest'")
      }
      return service
    }

    /// An answer: field 1 is the status.
    static func answer(_ status: ServingStatus) -> ByteBuffer {
      WireMessage.framed(status == .unknown ? [] : [0x08, UInt8(status.rawValue)])
    }

    /// The last field 1 of a message; other fields are passed over, as protocol buffers demand.
    private static func service(_ bytes: ArraySlice<UInt8>) -> String? {
      var rest = bytes
      var service = ""
      while !rest.isEmpty {
        guard let tag = varint(&rest) else { return nil }
        switch tag & 7 {
        case 0: guard varint(&rest) != nil else { return nil }
        case 1: guard take(8, from: &rest) != nil else { return nil }
        case 5: guard take(4, from: &rest) != nil else { return nil }
        case 2:
          guard let length = varint(&rest).flatMap({ Int(exactly: $0) }),
            let content = take(length, from: &rest)
          else { return nil }
          if tag >> 3 == 1 {
            guard let text = String(validating: content, as: UTF8.self) else { return nil }
            service = text
          }
        default: return nil
        }
      }
      return service
    }

    private static func take(_ count: Int, from bytes: inout ArraySlice<UInt8>) -> ArraySlice<
      UInt8
    >? {
      guard count <= bytes.count else { return nil }
      defer { bytes = bytes.dropFirst(count) }
      return bytes.prefix(count)
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
      var value: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 70, by: 7) {
        guard let byte = bytes.popFirst() else { return nil }
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
      }
      return nil
    }
  }
#endif
