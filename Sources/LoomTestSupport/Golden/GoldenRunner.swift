import LoomCore
public import LoomGraph
import LoomRuntime

/// Runs recorded sessions and says how the answers differ.
public struct GoldenRunner: Sendable {
  private let registry: OpRegistry

  public init(registry: OpRegistry) { self.registry = registry }

  public enum Outcome: Sendable {
    case passed
    case failed(String)
    /// Ops that are not in the registry.
    case missing([String])
  }

  public func run(_ test: GoldenCase) -> Outcome {
    do {
      let definition = try test.graph()
      let missing = test.ops.filter { registry[$0] == nil && definition.library[$0] == nil }
      guard missing.isEmpty else { return .missing(missing) }
      let graph = Graph(registry: registry, evaluator: ConstantFolder())
      try graph.importDefinition(definition, name: nil)
      let session = try Session(graph: graph)
      defer { session.close() }
      for (index, step) in test.steps.enumerated() {
        if let fault = try check(step, of: test, session) {
          return .failed("step \(index): \(fault)")
        }
      }
      return .passed
    } catch {
      // A graph that is refused at once answers every step that was to fail.
      let status = StatusError.wrapping(error)
      if let expected = test.steps.first?.error, expected == status.code,
        test.steps.allSatisfy({ $0.error == expected })
      {
        return .passed
      }
      return .failed("import: \(status)")
    }
  }

  private func check(
    _ step: GoldenCase.Step, of test: GoldenCase, _ session: Session
  ) throws(StatusError) -> String? {
    guard step.kind == .run else { return "partial runs are not driven by this runner yet" }
    var feeds: [Feed] = []
    for (name, value) in try step.feedValues() { feeds.append(Feed(named: name, value)) }
    let values: [AnyTensor?]
    do {
      values = try session.run(step.fetches + step.targets, feeds: feeds)
    } catch {
      let status = StatusError.wrapping(error)
      if status.code == step.error { return nil }
      return "\(status), expected \(answer(of: step))"
    }
    guard step.error == nil else { return "values, expected \(answer(of: step))" }
    let expected = try step.expected()
    guard expected.count == step.fetches.count, values.count >= expected.count else {
      return "\(values.count) values for \(expected.count) fetches"
    }
    for (index, wanted) in expected.enumerated() {
      guard let value = values[index] else { return "\(step.fetches[index]) has no value" }
      if let fault = try value.difference(from: wanted, tolerance: test.tolerance) {
        return "\(step.fetches[index]): \(fault)"
      }
    }
    return nil
  }

  private func answer(of step: GoldenCase.Step) -> String {
    step.error.map { "\($0.name) (\(step.errorMessage))" } ?? "values"
  }
}
