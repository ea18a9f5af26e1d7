#if Distributed
  import LoomCore
  import LoomRuntime
  import Logging
  import NIOCertificateReloading
  import NIOSSL

  /// A client's certificate whose files may be renewed: every handshake uses what stands in them.
  final class ReloadingCertificate: CertificateReloader {
    struct Pair: Sendable {
      let chain: [NIOSSLCertificateSource]
      let key: NIOSSLPrivateKeySource
    }
    private let files: WatchedFiles<Pair>

    /// - Throws: ``StatusError/Code/invalidArgument`` if the files don't hold a certificate and its key.
    init(_ files: CertificateFiles, logger: Logger?) throws(StatusError) {
      let report = { @Sendable (result: Result<Pair, StatusError>) -> Void in
        switch result {
        case .success:
          logger?.notice(
            "Read a renewed certificate", metadata: ["file": "\(files.certificatePath)"])
        case .failure(let error):
          logger?.warning(
            "A renewed certificate is of no use; the old one stays",
            metadata: ["file": "\(files.certificatePath)", "error": "\(error.reason)"])
        }
      }
      self.files = try WatchedFiles([files.certificatePath, files.keyPath], reported: report) {
        () throws(StatusError) in
        // BoringSSL leaves what went wrong with its thread, where a handshake would take it for its own.
        // Handshakes ask from event loops, so files are read elsewhere.
        try Outcome.elsewhere { () throws(StatusError) in try ReloadingCertificate.read(files) }
      }
    }

    var sslContextConfigurationOverride: NIOSSLContextConfigurationOverride {
      let pair = files.value
      var override = NIOSSLContextConfigurationOverride()
      override.certificateChain = pair.chain
      override.privateKey = pair.key
      return override
    }

    /// - Throws: ``StatusError/Code/invalidArgument`` if the files don't hold a certificate and its key.
    static func read(_ files: CertificateFiles) throws(StatusError) -> Pair {
      let chain = try certificates(files.certificatePath)
      do {
        let key = try NIOSSLPrivateKey(file: files.keyPath, format: .pem)
        let pair = Pair(chain: chain.map { .certificate($0) }, key: .privateKey(key))
        // Between the renewal of one file and of the other they don't belong together.
        guard let leaf = chain.first, try leaf.matches(key) else {
          throw StatusError.invalidArgument(
            "\(files.keyPath) is not the key of the certificate in \(files.certificatePath)")
        }
        return pair
      } catch let error as StatusError {
        throw error
      } catch {
        throw .invalidArgument("Expected a private key in PEM in \(files.keyPath): \(error)")
      }
    }

    /// The certificates of a PEM file.
    ///
    /// - Throws: ``StatusError/Code/invalidArgument`` if there are none.
    static func certificates(_ path: String) throws(StatusError) -> [NIOSSLCertificate] {
      do {
        let found = try NIOSSLCertificate.fromPEMFile(path)
        if !found.isEmpty { return found }
      } catch {
        throw .invalidArgument("Expected certificates in PEM in \(path): \(error)")
      }
      throw .invalidArgument("Expected certificates in PEM in \(path), found none.")
    }
  }

  extension NIOSSLCertificate {
    /// Whether the certificate was made out for a key.
    fileprivate func matches(_ key: NIOSSLPrivateKey) throws -> Bool {
      // BoringSSL refuses a key that does not fit the certificate it has been given.
      do {
        _ = try NIOSSLContext(
          configuration: .makeServerConfiguration(
            certificateChain: [.certificate(self)], privateKey: .privateKey(key)))
        return true
      } catch {
        return false
      }
    }
  }
#endif
