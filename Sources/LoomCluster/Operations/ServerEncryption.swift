#if Distributed
  import LoomCore
  import LoomRuntime
  import Logging
  import NIOSSL

  /// How a server's connections are encrypted: every handshake uses what stands in the files of that moment.
  final class ServerEncryption: Sendable {
    private let contexts: WatchedFiles<NIOSSLContext>

    /// - Throws: ``StatusError/Code/invalidArgument`` for files that hold no certificate, or no key of it.
    init(
      _ certificate: CertificateFiles, clientAuthoritiesPath: String?, logger: Logger
    ) throws(StatusError) {
      let report = { @Sendable (result: Result<NIOSSLContext, StatusError>) -> Void in
        let file: Logger.Metadata = ["file": "\(certificate.certificatePath)"]
        switch result {
        case .success: logger.notice("Read a renewed certificate", metadata: file)
        case .failure(let error):
          logger.warning(
            "A renewed certificate is of no use; the old one stays",
            metadata: file.merging(["error": "\(error.reason)"]) { $1 })
        }
      }
      let paths = [certificate.certificatePath, certificate.keyPath, clientAuthoritiesPath]
      contexts = try WatchedFiles(paths.compactMap(\.self), reported: report) {
        () throws(StatusError) in
        // BoringSSL leaves what went wrong with its thread, where a handshake would take it for its own.
        // Handshakes ask from event loops, so files are read elsewhere.
        try Outcome.elsewhere { () throws(StatusError) in
          try ServerEncryption.context(certificate, clientAuthoritiesPath)
        }
      }
    }

    /// What encrypts a new connection.
    func makeHandler() throws -> NIOSSLServerHandler {
      NIOSSLServerHandler(context: contexts.value)
    }

    private static func context(
      _ files: CertificateFiles, _ clientAuthoritiesPath: String?
    ) throws(StatusError) -> NIOSSLContext {
      let pair = try ReloadingCertificate.read(files)
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: pair.chain, privateKey: pair.key)
      configuration.minimumTLSVersion = .tlsv12
      configuration.applicationProtocols = ["grpc-exp", "h2"]
      if let clientAuthoritiesPath {
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates(
          try ReloadingCertificate.certificates(clientAuthoritiesPath))
      }
      do { return try NIOSSLContext(configuration: configuration) } catch {
        throw .invalidArgument("\(files.certificatePath): \(error)")
      }
    }
  }
#endif
