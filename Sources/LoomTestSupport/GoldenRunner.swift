import Foundation
import LoomCore
import LoomFormats
package import LoomGraph
import LoomRuntime

/// Runs recorded sessions and says how the answers differ.
package struct GoldenRunner {
  let registry: OpRegistry

  package init(registry: OpRegistry) { self.registry = registry }

  package enum Outcome: Sendable {
    case passed
    case failed(String)
    /// Ops that are not in the registry.
    case missing([String])
  }

  package func run(_ test: Golden_Case) -> Outcome {
    let missing = test.op.filter { registry[$0] == nil && !isFunction($0, of: test) }
    guard missing.isEmpty else { return .missing(missing) }
    do {
      let definition = try GraphDefinition(serialized: [UInt8](test.graphDef))
      let graph = Graph(registry: registry, evaluator: ConstantFolder())
      try graph.importDefinition(definition, name: nil)
      let session = try Session(graph: graph)
      defer { session.close() }
      for (index, step) in test.step.enumerated() {
        if let fault = check(step, of: test, session) { return .failed("step \(index): \(fault)") }
      }
      return .passed
    } catch {
      // A graph that is refused at once answers every step that was to fail.
      let status = StatusError.wrapping(error)
      let expected = test.step.first?.errorCode ?? 0
      if expected == status.code.rawValue, test.step.allSatisfy({ $0.errorCode == expected }) {
        return .passed
      }
      return .failed("import: \(status)")
    }
  }

  private func isFunction(_ op: String, of test: Golden_Case) -> Bool {
    guard let definition = try? GraphDefinition(serialized: [UInt8](test.graphDef)) else {
      return false
    }
    return definition.library[op] != nil
  }

  private func check(_ step: Golden_Step, of test: Golden_Case, _ session: Session) -> String? {
    guard step.kind == .run else { return "partial runs are not driven by this runner yet" }
    let outcome: Result<[AnyTensor?], StatusError>
    do {
      let feeds = try step.feed.map { Feed(named: $0.name, try GoldenFile.tensor($0.tensor)) }
      let values = try session.run(Array(step.fetch) + Array(step.target), feeds: feeds)
      outcome = .success(Array(values.prefix(step.fetch.count)))
    } catch {
      outcome = .failure(StatusError.wrapping(error))
    }
    switch outcome {
    case .failure(let error):
      if error.code.rawValue == step.errorCode { return nil }
      let expected = step.errorCode == 0 ? "values" : "\(step.errorName) (\(step.errorMessage))"
      return "\(error), expected \(expected)"
    case .success(let values):
      if step.errorCode != 0 { return "values, expected \(step.errorName) (\(step.errorMessage))" }
      for (index, value) in values.enumerated() {
        guard let expected = try? GoldenFile.tensor(step.result[index]), let value else {
          return "fetch \(step.fetch[index]) can't be compared"
        }
        if let fault = difference(value, expected, rtol: test.rtol, atol: test.atol) {
          return "\(step.fetch[index]): \(fault)"
        }
      }
      return nil
    }
  }
}
