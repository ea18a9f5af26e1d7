#if Distributed
  import GRPCCore
  import GRPCNIOTransportHTTP2Posix
  package import LoomCore

  /// Where a server listens: `host:port`.
  package struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    /// A name or an IP address, without brackets.
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
      self.host = host
      self.port = port
    }

    /// Reads `host:port`; IPv6 addresses stand in brackets.
    ///
    /// - Throws: ``StatusError/Code/invalidArgument`` for anything else.
    package init(_ text: String) throws(StatusError) {
      guard let colon = text.lastIndex(of: ":"),
        let port = UInt16(text[text.index(after: colon)...])
      else { throw ServerAddress.unreadable(text) }
      var host = text[..<colon]
      if host.hasPrefix("["), host.hasSuffix("]") {
        host = host.dropFirst().dropLast()
      } else if host.contains(":") {
        throw ServerAddress.unreadable(text)
      }
      guard !host.isEmpty, !host.contains(where: { "/[] ".contains($0) }) else {
        throw ServerAddress.unreadable(text)
      }
      self.init(host: String(host), port: Int(port))
    }

    package var description: String {
      host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    @inline(never)
    private static func unreadable(_ text: String) -> StatusError {
      .invalidArgument("Could not interpret \"\(text)\" as a host-port pair.")
    }

    var target: any ResolvableTarget {
      if host.contains(":") { return .ipv6(address: host, port: port) }
      let isNumeric = host.allSatisfy { $0 == "." || ("0"..."9").contains($0) }
      return isNumeric ? .ipv4(address: host, port: port) : .dns(host: host, port: port)
    }
  }
#endif
