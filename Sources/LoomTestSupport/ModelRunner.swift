import LoomCore
import LoomFormats
public import LoomGraph
import LoomRuntime

/// Runs the sessions that a model's folder records and says how the answers differ.
public struct ModelRunner {
  let manifest: ModelManifest
  let registry: OpRegistry

  public init(folder: String, registry: OpRegistry) throws {
    manifest = try ModelManifest(folder: folder)
    self.registry = registry
  }

  /// What differs, a line each; empty if everything agrees.
  public func differences() throws -> [String] {
    var faults: [String] = []
    for (index, runs) in manifest.sessions.enumerated() {
      let session = try Session(graph: try graph(), log: .standardError)
      defer { session.close() }
      for (position, run) in runs.enumerated() {
        for fault in try compare(run, session) {
          faults.append("session \(index) run \(position): \(fault)")
        }
      }
    }
    return faults
  }

  private func graph() throws -> Graph {
    let path = manifest.path(manifest.model ?? "model.pb")
    let definition =
      path.hasSuffix(".meta")
      ? try MetaGraph(contentsOf: path).graph : try GraphDefinition(contentsOf: path)
    let graph = Graph(registry: registry, evaluator: ConstantFolder())
    try graph.importDefinition(definition, name: nil)
    return graph
  }

  private func compare(_ run: ModelManifest.Run, _ session: Session) throws -> [String] {
    let feeds = try run.feeds.map { name, stored in
      Feed(named: name, try stored.load(from: manifest.name))
    }
    let expected = run.fetches ?? [:]
    let names = run.fetchNames ?? expected.keys.sorted()
    let values: [AnyTensor?]
    do throws(StatusError) {
      values = try session.run(names + run.targets, feeds: feeds)
    } catch {
      guard let wanted = run.error else { return ["\(error)"] }
      return wanted.code == nil || wanted.code == error.code.name
        ? [] : ["\(error), expected \(wanted.code ?? "")"]
    }
    if let wanted = run.error { return ["values, expected \(wanted.code ?? "an error")"] }
    var faults: [String] = []
    for (name, value) in zip(names, values) {
      guard let stored = expected[name], let value else { continue }
      let target = try stored.load(from: manifest.name)
      if stored.check == "shape and dtype only" {
        if value.dtype != target.dtype || value.shape != target.shape {
          faults.append(
            "\(name): \(value.dtype)\(value.shape), expected \(target.dtype)\(target.shape)")
        }
        continue
      }
      let tolerance = Tolerance(relative: stored.rtol ?? 0, absolute: stored.atol ?? 0)
      if let fault = try value.difference(from: target, tolerance: tolerance) {
        faults.append("\(name): \(fault)")
      }
    }
    return faults
  }
}
