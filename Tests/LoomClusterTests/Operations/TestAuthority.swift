#if Distributed
  import Crypto
  import Foundation
  import SwiftASN1
  import Weirloom
  import X509

  /// A certificate authority of a test, with its files in a folder that goes away with it.
  final class TestAuthority {
    private let folder: URL
    private let key = P256.Signing.PrivateKey()
    private let name: DistinguishedName
    /// The authority's own certificate.
    let path: String

    init(_ name: String = "test authority") throws {
      folder = FileManager.default.temporaryDirectory.appending(
        path: "weirloom-certificates-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      self.name = try DistinguishedName { CommonName(name) }
      let extensions = try Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
        Critical(KeyUsage(keyCertSign: true))
      }
      let own = try Certificate(
        version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
        notValidBefore: .now - 60, notValidAfter: .now + 3600, issuer: self.name,
        subject: self.name,
        signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions, issuerPrivateKey: .init(key))
      let file = folder.appending(path: "authority.pem")
      try Data(own.serializeAsPEM().pemString.utf8).write(to: file)
      path = file.path(percentEncoded: false)
    }

    // A folder that can't be removed is the system's to clean.
    deinit { try? FileManager.default.removeItem(at: folder) }

    /// A file of the folder.
    func path(_ name: String) -> String { folder.appending(path: name).path(percentEncoded: false) }

    /// Writes a certificate and its key; those of the same file name are replaced.
    ///
    /// - Parameters:
    ///   - uses: What the certificate may be used for; none for everything.
    ///   - end: When it expires.
    func issue(
      _ file: String, host: String = "localhost", uses: [ExtendedKeyUsage.Usage] = [],
      end: Date = .now + 3600
    ) throws -> CertificateFiles {
      let key = P256.Signing.PrivateKey()
      let extensions = try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        SubjectAlternativeNames([.dnsName(host)])
        if !uses.isEmpty { try ExtendedKeyUsage(uses) }
      }
      let certificate = try Certificate(
        version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
        notValidBefore: .now - 60, notValidAfter: end, issuer: name,
        subject: try DistinguishedName { CommonName(host) }, signatureAlgorithm: .ecdsaWithSHA256,
        extensions: extensions, issuerPrivateKey: .init(self.key))
      let files = CertificateFiles(
        certificatePath: path(file + ".pem"), keyPath: path(file + ".key"))
      try Data(certificate.serializeAsPEM().pemString.utf8)
        .write(to: URL(filePath: files.certificatePath), options: .atomic)
      try Data(key.pemRepresentation.utf8)
        .write(to: URL(filePath: files.keyPath), options: .atomic)
      return files
    }
  }
#endif
