import LoomTestSupport
import Testing
import Weirloom

/// Illegal graphs end in stock TensorFlow's error, legal ones in its values, and either way the session goes on.
@Suite struct BadGraphTests {
  static let manifest = try? CorruptManifest(folder: "bad_graphs")
  static var cases: [CorruptManifest.Case] { manifest?.cases ?? [] }

  @Test func `there are cases`() { #expect(Self.cases.count > 70) }

  @Test(arguments: cases)
  func `a broken graph ends in an error and its session goes on`(
    test: CorruptManifest.Case
  ) throws {
    let graph = Graph()
    var configuration = SessionConfiguration()
    // Otherwise a node that can't be placed would end every run, whether it is needed or not.
    configuration.graph.placesPrunedGraph = true
    let session = try Session(graph: graph, configuration: configuration)
    var values: [AnyTensor] = []
    do throws(StatusError) {
      values = try run(test, graph, session)
      #expect(test.stock.values != nil, "values, expected an error")
    } catch {
      #expect(test.stock.values == nil, "\(error), expected values")
      #expect(!error.reason.isEmpty)
      #expect(expectedCodes(test).contains(error.code), "\(error)")
    }
    for (stored, value) in zip(test.stock.values ?? [], values) {
      let expected = try stored.load(from: "bad_graphs")
      #expect(try value.difference(from: expected, tolerance: Tolerance(relative: 1e-6)) == nil)
    }
    let healthy = try graph.constant(Float(7)) + graph.constant(Float(1))
    #expect(try session.run(healthy).scalar == 8)
  }

  /// The codes that TensorFlow's answer stands for.
  private func expectedCodes(_ test: CorruptManifest.Case) -> [StatusError.Code] {
    if let code = test.stock.error?.code {
      return (1...16).compactMap(StatusError.Code.init(rawValue:)).filter { $0.name == code }
    }
    return switch test.stock.error?.pythonClass {
    case "RuntimeError": [.failedPrecondition]
    case "DecodeError", "ParseError": [.dataLoss, .invalidArgument]
    case nil: [.invalidArgument, .resourceExhausted]  // The stock process died.
    default: [.invalidArgument]
    }
  }

  /// Loads the graph and runs what the case fetches.
  private func run(
    _ test: CorruptManifest.Case, _ graph: Graph, _ session: Session
  ) throws(StatusError) -> [AnyTensor] {
    let definition = try GraphDefinition(
      contentsOf: Fixtures.path("models/bad_graphs/\(test.file ?? "")"))
    try graph.importDefinition(definition, name: "")
    var feeds: [Feed] = []
    for (name, stored) in test.feeds ?? [:] {
      do { feeds.append(Feed(named: name, try stored.load(from: "bad_graphs"))) } catch {
        throw StatusError.wrapping(error)
      }
    }
    var values: [AnyTensor] = []
    for value in try session.run(test.fetches ?? [], feeds: feeds) {
      guard let value else { throw .internal("A tensor has no value") }
      values.append(value)
    }
    return values
  }
}
