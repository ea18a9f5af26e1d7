#if Distributed
  import LoomCore
  import NIOHPACK

  /// gRPC's headers and trailers (PROTOCOL-HTTP2.md of gRPC).
  enum CallHeaders {
    /// What every answer begins with.
    static let head: HPACKHeaders = [":status": "200", "content-type": contentType]
    /// What a good answer ends with.
    static let trailers: HPACKHeaders = ["grpc-status": "0"]
    /// An answer to what is not gRPC.
    static let unsupported: HPACKHeaders = [":status": "415"]

    private static let contentType = "application/grpc"

    /// Whether a request says that it is gRPC, in whatever encoding of messages.
    static func isCall(_ headers: HPACKHeaders) -> Bool {
      headers.first(name: "content-type")?.hasPrefix(contentType) ?? false
    }

    /// What ends a call that failed.
    ///
    /// - Parameter isOnly: whether the answer consists of nothing else.
    static func failure(_ error: StatusError, isOnly: Bool) -> HPACKHeaders {
      var headers = isOnly ? head : [:]
      headers.add(name: "grpc-status", value: "\(error.code.rawValue)")
      headers.add(name: "grpc-message", value: encoded(error.message))
      return headers
    }

    // MARK: Messages of errors

    /// Where TensorFlow's servers cut messages too: clients refuse headers of more than 8 KiB.
    private static let longestMessage = 3072

    /// ASCII's printable characters are sent as they are, all other bytes as `%` and two digits.
    static func encoded(_ message: String) -> String {
      let utf8 = message.utf8
      let isCut = utf8.count > longestMessage
      var bytes: [UInt8] = []
      bytes.reserveCapacity(min(utf8.count, longestMessage))
      for byte in utf8.prefix(longestMessage) {
        if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
          bytes.append(byte)
        } else {
          bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
        }
      }
      return String(decoding: bytes, as: UTF8.self) + (isCut ? " ... [truncated]" : "")
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    // MARK: Deadlines

    private static let mostDigits = 8
    /// Whoever waits longer waits for ever: beyond lies what clocks can't count.
    private static let longestTimeout = Duration.seconds(365 * 24 * 3600)

    /// How long the client waits: up to eight digits and a unit; `nil` for ever.
    ///
    /// - Throws: ``StatusError/Code/invalidArgument`` for anything else.
    static func timeout(_ headers: HPACKHeaders) throws(StatusError) -> Duration? {
      guard let text = headers.first(name: "grpc-timeout") else { return nil }
      guard let unit = text.utf8.last, (1...mostDigits).contains(text.utf8.count - 1),
        text.utf8.dropLast().allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
        let count = Int64(text.dropLast())
      else { throw invalid(text) }
      let timeout: Duration
      switch unit {
      case UInt8(ascii: "H"): timeout = .seconds(count * 3600)
      case UInt8(ascii: "M"): timeout = .seconds(count * 60)
      case UInt8(ascii: "S"): timeout = .seconds(count)
      case UInt8(ascii: "m"): timeout = .milliseconds(count)
      case UInt8(ascii: "u"): timeout = .microseconds(count)
      case UInt8(ascii: "n"): timeout = .nanoseconds(count)
      default: throw invalid(text)
      }
      return timeout < longestTimeout ? timeout : nil
    }

    private static func invalid(_ text: String) -> StatusError {
      .invalidArgument(
        "Expected a timeout of up to \(mostDigits) digits and one of H, M, S, m, u and n, got "
          + "\"\(text.prefix(40))\".")
    }
  }
#endif
