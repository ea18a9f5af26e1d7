#if Distributed
  import GRPCCore
  import GRPCNIOTransportHTTP2Posix
  import LoomCore
  import LoomRuntime

  extension ChannelCredentials {
    /// The transport's settings for these.
    ///
    /// - Throws: ``StatusError/Code/invalidArgument`` for files that hold no certificate, or no key of it.
    func transportSecurity() throws(StatusError) -> HTTP2ClientTransport.Posix.TransportSecurity {
      guard let tls else { return .plaintext }
      if let path = tls.authoritiesPath { _ = try ReloadingCertificate.certificates(path) }
      let reloader: ReloadingCertificate?
      if let files = tls.certificate {
        reloader = try ReloadingCertificate(files, logger: nil)
      } else {
        reloader = nil
      }
      let configure = { (config: inout HTTP2ClientTransport.Posix.TransportSecurity.TLS) in
        if let path = tls.authoritiesPath {
          config.trustRoots = .certificates([.file(path: path, format: .pem)])
        }
      }
      guard let reloader else { return .tls(configure: configure) }
      do { return try .mTLS(certificateReloader: reloader, configure: configure) } catch {
        throw .invalidArgument("\(tls.certificate?.certificatePath ?? ""): \(error)")
      }
    }
  }
#endif
