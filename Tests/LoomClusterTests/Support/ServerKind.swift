#if Distributed
  import Testing
  import Weirloom

  /// Whose server a test's sessions run on.
  enum ServerKind: String, CaseIterable, CustomTestStringConvertible {
    /// TensorFlow's.
    case stock
    /// This library's, in this process.
    case ours

    private static let local = Result { try Server.createLocalServer() }

    var testDescription: String { rawValue }

    /// The target of a server that tests share.
    func target() throws -> String {
      switch self {
      case .stock: try StockServer.shared.get().target
      case .ours: try ServerKind.local.get().target
      }
    }

    /// A session of `graph` on the shared server.
    func session(
      _ graph: Graph, configuration: SessionConfiguration = .init()
    ) throws -> Session {
      try Session(graph: graph, target: target(), configuration: configuration)
    }
  }

  /// A name that no other test uses: tests share servers, and servers share state by names.
  func uniqueName(_ prefix: String) -> String {
    "\(prefix)_\(String(UInt64.random(in: 0...UInt64.max), radix: 16))"
  }

  /// Expects `body` to fail with a code, a piece of its message, and the node it belongs to.
  func expectStatus<R>(
    _ code: StatusError.Code, _ text: String = "", node: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> R
  ) {
    do {
      _ = try body()
      Issue.record("Expected \(code), got no error", sourceLocation: sourceLocation)
    } catch {
      check(error, code, text, node, sourceLocation)
    }
  }

  /// Expects `body` to fail with a code, a piece of its message, and the node it belongs to.
  func expectStatus<R>(
    _ code: StatusError.Code, _ text: String = "", node: String? = nil,
    isolation: isolated (any Actor)? = #isolation,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> R
  ) async {
    do {
      _ = try await body()
      Issue.record("Expected \(code), got no error", sourceLocation: sourceLocation)
    } catch {
      check(error, code, text, node, sourceLocation)
    }
  }

  private func check(
    _ error: any Error, _ code: StatusError.Code, _ text: String, _ node: String?,
    _ sourceLocation: SourceLocation
  ) {
    guard let status = error as? StatusError else {
      Issue.record("Expected a StatusError, got \(error)", sourceLocation: sourceLocation)
      return
    }
    #expect(status.code == code, "\(status)", sourceLocation: sourceLocation)
    #expect(
      text.isEmpty || status.message.contains(text), "\(status)", sourceLocation: sourceLocation)
    if let node { #expect(status.node?.name == node, "\(status)", sourceLocation: sourceLocation) }
  }
#endif
