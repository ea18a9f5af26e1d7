#if Distributed
  import Foundation
  import Testing

  /// A connection without any protocol, for what no well-behaved client does.
  final class RawSocket {
    private let descriptor: Int32

    init(port: Int) throws {
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(UInt16(port).bigEndian)
      address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
      // `sockaddr_in` is one of the kinds of address that `connect` takes.
      let status = unsafe withUnsafePointer(to: &address) { address in
        unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      try #require(status == 0)
      // A test that waits for what does not come fails instead of hanging.
      var limit = timeval(tv_sec: 20, tv_usec: 0)
      unsafe setsockopt(
        descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
      let count = unsafe Foundation.send(
        descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      try #require(count == bytes.count)
    }

    /// Sends for at most two seconds.
    ///
    /// - Returns: how many bytes found room in the system's buffers.
    func offer(_ bytes: [UInt8]) -> Int {
      var limit = timeval(tv_sec: 2, tv_usec: 0)
      unsafe setsockopt(
        descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
      return unsafe Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// All that the other side sends until it closes the connection.
    func readToEnd() throws -> String {
      var all: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = unsafe recv(descriptor, &piece, piece.count, 0)
        // A reset is an end too; the limit above is not.
        try #require(count >= 0 || errno == ECONNRESET)
        if count <= 0 { return String(decoding: all, as: UTF8.self) }
        all += piece.prefix(count)
      }
    }
  }
#endif
