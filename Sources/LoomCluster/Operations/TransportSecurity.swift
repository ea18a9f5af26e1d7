#if Distributed
  import GRPCCore
  import GRPCNIOTransportHTTP2Posix
  import LoomCore
  import LoomRuntime
  import Logging

  extension ServerSecurity {
    /// The transport's settings for these.
    ///
    /// - Throws: ``StatusError/Code/invalidArgument`` for files that hold no certificate, or no key of it.
    func transportSecurity(
      logger: Logger
    ) throws(StatusError) -> HTTP2ServerTransport.Posix.TransportSecurity {
      guard let certificate else { return .plaintext }
      let reloader = try ReloadingCertificate(certificate, logger: logger)
      // Told now rather than when the first client comes.
      if let clientAuthoritiesPath {
        _ = try ReloadingCertificate.certificates(clientAuthoritiesPath)
      }
      do {
        return try .tls(certificateReloader: reloader) { tls in
          tls.requireALPN = true
          if let clientAuthoritiesPath {
            tls.clientCertificateVerification = .noHostnameVerification
            tls.trustRoots = .certificates([.file(path: clientAuthoritiesPath, format: .pem)])
          }
        }
      } catch {
        throw .invalidArgument("\(certificate.certificatePath): \(error)")
      }
    }
  }

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
