#if Distributed
  import Foundation
  import LoomCluster
  import NIOCore
  import NIOPosix
  import NIOSSL
  import Testing
  import Weirloom
  import X509

  /// Who may use a server.
  @Suite struct SecurityTests {
    @Test func `a server that others can reach asks them for something`() throws {
      for host in ["0.0.0.0", "::", ""] {
        expectStatus(.failedPrecondition, "Expected a certificate or a token") {
          try OperatedServer(host: host)
        }
      }
      let open = try OperatedServer(host: "0.0.0.0", security: .init(allowsInsecure: true))
      try open.expectService()
      let locked = try OperatedServer(host: "0.0.0.0", security: .init(token: .text("secret")))
      try locked.expectService(.init(token: .text("secret")))
    }

    @Test(arguments: [
      ("127.0.0.1", true), ("127.9.9.9", true), ("localhost", true), ("::1", true),
      ("127.0.0.1.example.com", false), ("127.1", false), ("10.0.0.1", false), ("", false),
      ("localhost.example.com", false),
    ])
    func `loopback addresses are known`(_ host: String, _ isLoopback: Bool) {
      #expect(ServerSecurity.isLoopback(host) == isLoopback)
    }

    // MARK: Tokens

    @Test func `a call without the token is refused, with one line in the log`() throws {
      let served = try OperatedServer(security: .init(token: .text("secret")))
      try served.expectRefusal(.unauthenticated, "Expected a bearer token")
      #expect(served.log.with("UNAUTHENTICATED").count == 1)
      try served.expectRefusal(.unauthenticated, "not one of", .init(token: .text("sacred")))
      #expect(served.log.with("UNAUTHENTICATED").count == 2)
      #expect(served.log.with("sacred").isEmpty && served.log.with("secret").isEmpty)
      #expect(served.server.sessionCount == 0)
      try served.expectService(.init(token: .text("secret")))
    }

    @Test func `a session of one client goes on while others are refused`() throws {
      let served = try OperatedServer(security: .init(token: .text("secret")))
      let graph = Graph()
      let counter = try graph.variable("counter", initialValue: .constant(Float(0)))
      let increment = try counter.assignAdd(graph.constant(Float(1)))
      let session = try served.session(graph, .init(token: .text("secret")))
      try session.run(counter.initializer)
      for _ in 0..<3 { try served.expectRefusal(.unauthenticated, "", .init(token: .text("x"))) }
      #expect(try session.run(increment).scalar == 1)
    }

    @Test func `renewed tokens hold from the next call on`() throws {
      let folder = try TestAuthority()
      let file = folder.path("tokens")
      try Data("first\n".utf8).write(to: URL(filePath: file), options: .atomic)
      let served = try OperatedServer(security: .init(token: .file(file)))
      try served.expectService(.init(token: .text("first")))
      try Data("second\nfirst\n".utf8).write(to: URL(filePath: file), options: .atomic)
      try served.expectService(.init(token: .text("second")))
      try served.expectService(.init(token: .text("first")))
      // The client's own file: its first line is sent.
      try served.expectService(.init(token: .file(file)))
      try Data("second\n".utf8).write(to: URL(filePath: file), options: .atomic)
      try served.expectRefusal(.unauthenticated, "", .init(token: .text("first")))
      // What is of no use changes nothing.
      try Data("\n".utf8).write(to: URL(filePath: file), options: .atomic)
      try served.expectService(.init(token: .text("second")))
      #expect(served.log.with("of no use").count == 1)
    }

    @Test func `tokens that can't be sent are refused`() throws {
      expectStatus(.invalidArgument, "Expected a secret") {
        try OperatedServer(security: .init(token: .text(" \n")))
      }
      expectStatus(.invalidArgument, "ASCII") {
        try OperatedServer(security: .init(token: .text("schlüssel")))
      }
      expectStatus(.notFound, "/nowhere") {
        try OperatedServer(security: .init(token: .file("/nowhere/token")))
      }
      #expect("\(BearerToken.text("secret"))".contains("secret") == false)
      #expect(
        String(reflecting: ChannelCredentials(token: .text("secret"))).contains("secret") == false)
    }

    @Test func `comparing looks at every byte`() {
      let secret = Array("secret".utf8)
      #expect(TokenVerifier.areEqual(secret, secret))
      for other in ["", "s", "secre", "secrets", "Secret", "secreT", "secretsecret"] {
        #expect(!TokenVerifier.areEqual(Array(other.utf8), secret), "\(other)")
      }
      #expect(!TokenVerifier.areEqual([0], []))
    }

    // MARK: TLS

    @Test func `connections can be encrypted`() throws {
      let authority = try TestAuthority()
      let served = try OperatedServer(security: .init(certificate: authority.issue("server")))
      try served.expectService(.init(tls: .init(authoritiesPath: authority.path)))
      let other = try TestAuthority("another authority")
      try served.expectRefusal(
        .unauthenticated, "", .init(tls: .init(authoritiesPath: other.path)))
      try served.expectRefusal(
        .unauthenticated, "",
        .init(tls: .init(authoritiesPath: authority.path, serverName: "example.com")))
      // A client that does not encrypt waits for a server that speaks plainly.
      try served.expectRefusal(.deadlineExceeded, "", timeout: .milliseconds(500))
      #expect(!served.log.with("A connection was refused").isEmpty)
      try served.expectService(.init(tls: .init(authoritiesPath: authority.path)))
    }

    @Test func `clients may have to show a certificate`() async throws {
      let (authority, clients) = (try TestAuthority(), try TestAuthority("clients"))
      let served = try OperatedServer(
        security: .init(
          certificate: authority.issue("server"), clientAuthoritiesPath: clients.path))
      var tls = ChannelCredentials.TLS(authoritiesPath: authority.path)
      try served.expectRefusal(.unauthenticated, "", .init(tls: tls))
      #expect(await eventually { served.log.with("A connection was refused").count >= 1 })
      tls.certificate = try authority.issue("stranger")
      try served.expectRefusal(.unauthenticated, "", .init(tls: tls))
      tls.certificate = try clients.issue("client")
      try served.expectService(.init(tls: tls))
    }

    @Test func `a client that encrypts but does not agree on HTTP/2 is refused`() async throws {
      let authority = try TestAuthority()
      let served = try OperatedServer(security: .init(certificate: authority.issue("server")))
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.trustRoots = .file(authority.path)
      let tls = try NIOSSLContext(configuration: configuration)
      let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(
              NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
          }
        }
        .connect(host: "127.0.0.1", port: served.server.port).get()
      try await channel.closeFuture.get()
      #expect(await eventually { served.log.with("does not speak HTTP/2").count == 1 })
      try served.expectService(.init(tls: .init(authoritiesPath: authority.path)))
    }

    @Test func `renewed authorities of clients hold from the next connection on`() throws {
      let (authority, old, new) = (
        try TestAuthority(), try TestAuthority("old"), try TestAuthority("new")
      )
      let file = authority.path("clients.pem")
      func trust(_ authorities: TestAuthority...) throws {
        let all = try authorities.map { try Data(contentsOf: URL(filePath: $0.path)) }
        try Data(all.joined(separator: Data("\n".utf8)))
          .write(to: URL(filePath: file), options: .atomic)
      }
      try trust(old)
      let served = try OperatedServer(
        security: .init(certificate: authority.issue("server"), clientAuthoritiesPath: file))
      var tls = ChannelCredentials.TLS(authoritiesPath: authority.path)
      let (former, later) = (try old.issue("former"), try new.issue("later"))
      tls.certificate = former
      try served.expectService(.init(tls: tls))
      try trust(old, new)
      try served.expectService(.init(tls: tls))
      tls.certificate = later
      try served.expectService(.init(tls: tls))
      try trust(new)
      tls.certificate = former
      try served.expectRefusal(.unauthenticated, "", .init(tls: tls))
      // What is of no use changes nothing.
      try Data("nothing\n".utf8).write(to: URL(filePath: file), options: .atomic)
      tls.certificate = later
      try served.expectService(.init(tls: tls))
      #expect(served.log.with("of no use").count == 1)
    }

    @Test func `a client's certificate has to be valid, and for clients`() throws {
      let authority = try TestAuthority()
      let served = try OperatedServer(
        security: .init(
          certificate: authority.issue("server"), clientAuthoritiesPath: authority.path))
      var tls = ChannelCredentials.TLS(authoritiesPath: authority.path)
      tls.certificate = try authority.issue("other", uses: [.serverAuth])
      try served.expectRefusal(.unauthenticated, "", .init(tls: tls))
      tls.certificate = try authority.issue("old", end: .now - 30)
      try served.expectRefusal(.unauthenticated, "", .init(tls: tls))
      tls.certificate = try authority.issue("client", uses: [.serverAuth, .clientAuth])
      try served.expectService(.init(tls: tls))
    }

    @Test func `a renewed certificate is used for new connections, and old ones go on`() throws {
      let (old, new) = (try TestAuthority("old"), try TestAuthority("new"))
      let files = try old.issue("server")
      let served = try OperatedServer(security: .init(certificate: files))
      let graph = Graph()
      let counter = try graph.variable("counter", initialValue: .constant(Float(0)))
      let increment = try counter.assignAdd(graph.constant(Float(1)))
      let session = try served.session(graph, .init(tls: .init(authoritiesPath: old.path)))
      try session.run(counter.initializer)
      #expect(try session.run(increment).scalar == 1)
      let renewed = try new.issue("server")
      // Between the two files nothing fits; the old pair stays in use.
      try Data(contentsOf: URL(filePath: renewed.certificatePath))
        .write(to: URL(filePath: files.certificatePath), options: .atomic)
      try served.expectService(.init(tls: .init(authoritiesPath: old.path)))
      #expect(served.log.with("of no use").count == 1)
      try Data(contentsOf: URL(filePath: renewed.keyPath))
        .write(to: URL(filePath: files.keyPath), options: .atomic)
      try served.expectService(.init(tls: .init(authoritiesPath: new.path)))
      try served.expectRefusal(.unauthenticated, "", .init(tls: .init(authoritiesPath: old.path)))
      #expect(try session.run(increment).scalar == 2)
    }

    @Test func `files that hold no certificate are told of at once`() throws {
      let authority = try TestAuthority()
      var files = try authority.issue("server")
      expectStatus(.invalidArgument, "Expected certificates in PEM") {
        try OperatedServer(
          security: .init(certificate: files, clientAuthoritiesPath: files.keyPath))
      }
      expectStatus(.invalidArgument, "Expected a certificate of the server") {
        try OperatedServer(security: .init(clientAuthoritiesPath: authority.path))
      }
      files.keyPath = try authority.issue("other").keyPath
      expectStatus(.invalidArgument, "is not the key of") {
        try OperatedServer(security: .init(certificate: files))
      }
      files.certificatePath = "/nowhere/server.pem"
      expectStatus(.invalidArgument, "/nowhere/server.pem") {
        try OperatedServer(security: .init(certificate: files))
      }
    }
  }
#endif
