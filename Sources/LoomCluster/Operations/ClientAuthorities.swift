#if Distributed
  import LoomCore
  import Logging
  import NIOCore
  import NIOSSL
  import SwiftASN1
  import X509

  /// The authorities whose clients a server lets in, in a file that may be renewed.
  ///
  /// The transport reads its trust roots once. It does ask for a judgement on each chain, though, and this
  /// is the judge: it decides by what the file holds at the time of the handshake.
  final class ClientAuthorities: Sendable {
    private let files: WatchedFiles<[Certificate]>
    private let logger: Logger

    /// - Throws: ``StatusError/Code/invalidArgument`` if the file holds no certificates.
    init(path: String, logger: Logger) throws(StatusError) {
      self.logger = logger
      let report = { @Sendable (result: Result<[Certificate], StatusError>) -> Void in
        switch result {
        case .success:
          logger.notice("Read renewed authorities of clients", metadata: ["file": "\(path)"])
        case .failure(let error):
          logger.warning(
            "Renewed authorities of clients are of no use; the old ones stay",
            metadata: ["file": "\(path)", "error": "\(error.reason)"])
        }
      }
      files = try WatchedFiles([path], reported: report) { () throws(StatusError) in
        // As for the server's certificate: BoringSSL's errors must not stay with an event loop's thread.
        try TransportExecutor.shared.wait { () throws(StatusError) in
          let found = try ReloadingCertificate.certificates(path)
          do { return try found.map { try Certificate($0) } } catch {
            throw .invalidArgument("Expected certificates in PEM in \(path): \(error)")
          }
        }
      }
    }

    /// Judges what a client shows, its own certificate first.
    func verify(
      _ shown: [NIOSSLCertificate],
      _ verdict: EventLoopPromise<NIOSSLVerificationResultWithMetadata>
    ) {
      verdict.completeWithTask { [self] in
        guard let chain = try? shown.map({ try Certificate($0) }), let leaf = chain.first else {
          return .failed
        }
        var verifier = Verifier(rootCertificates: CertificateStore(files.value)) {
          RFC5280Policy()
          ClientUsePolicy()
        }
        switch await verifier.validate(
          leaf: leaf, intermediates: CertificateStore(chain.dropFirst()))
        {
        case .validCertificate: return .certificateVerified(VerificationMetadata(nil))
        case .couldNotValidate(let reasons):
          logger.debug(
            "A client's certificate is not good",
            metadata: ["subject": "\(leaf.subject)", "reasons": "\(reasons.count)"])
          return .failed
        }
      }
    }
  }

  /// A certificate that says what it is for has to be for clients.
  private struct ClientUsePolicy: VerifierPolicy {
    var verifyingCriticalExtensions: [ASN1ObjectIdentifier] {
      [.X509ExtensionID.extendedKeyUsage]
    }

    func chainMeetsPolicyRequirements(
      chain: UnverifiedCertificateChain
    ) async -> PolicyEvaluationResult {
      do {
        guard let uses = try chain.leaf.extensions.extendedKeyUsage, !uses.contains(.clientAuth),
          !uses.contains(.any)
        else { return .meetsPolicy }
        return .failsToMeetPolicy(reason: "the certificate is not for clients")
      } catch {
        return .failsToMeetPolicy(reason: "the uses of the certificate can't be read: \(error)")
      }
    }
  }

  extension Certificate {
    /// The same certificate, for the library that judges chains.
    fileprivate init(_ certificate: NIOSSLCertificate) throws {
      try self.init(derEncoded: certificate.toDERBytes())
    }
  }
#endif
