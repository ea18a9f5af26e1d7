#if Distributed
  package import LoomCore
  public import LoomRuntime

  /// Who may use a server, and how its connections are encrypted.
  public struct ServerSecurity: Sendable, Hashable {
    /// The server's certificate; `nil` for connections in plain text. Renewed files are used for the next
    /// connection; those that stand go on.
    public var certificate: CertificateFiles?
    /// A PEM file with the authorities of clients: a client without a certificate of theirs is not let in
    /// (mutual TLS). `nil` lets every client in. Needs ``certificate``. Renewed like that.
    public var clientAuthoritiesPath: String?
    /// The secret that every call but those for the server's health has to carry; `nil` for none.
    public var token: BearerToken?
    /// Whether the server may listen where other machines reach it though it asks them for nothing.
    public var allowsInsecure: Bool

    public init(
      certificate: CertificateFiles? = nil, clientAuthoritiesPath: String? = nil,
      token: BearerToken? = nil, allowsInsecure: Bool = false
    ) {
      self.certificate = certificate
      self.clientAuthoritiesPath = clientAuthoritiesPath
      self.token = token
      self.allowsInsecure = allowsInsecure
    }

    /// - Throws: ``StatusError/Code/failedPrecondition`` if a server at `host` would be open to other
    ///   machines; ``StatusError/Code/invalidArgument`` for authorities without a certificate.
    package func check(host: String) throws(StatusError) {
      guard clientAuthoritiesPath == nil || certificate != nil else {
        throw .invalidArgument(
          "Expected a certificate of the server: without one, clients can't show theirs.")
      }
      guard certificate == nil, token == nil, !allowsInsecure, !ServerSecurity.isLoopback(host)
      else {
        return
      }
      throw .failedPrecondition(
        "Other machines can reach \(host.isEmpty ? "the server" : host), and whoever reaches a server can "
          + "run anything on it. Expected a certificate or a token, or word that the network is trusted."
      )
    }

    /// Whether only this machine can reach an address.
    package static func isLoopback(_ host: String) -> Bool {
      if host == "localhost" || host == "::1" { return true }
      let parts = host.split(separator: ".", omittingEmptySubsequences: false)
      return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
  }
#endif
