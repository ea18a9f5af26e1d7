import Foundation
import LoomTestSupport
import Synchronization
import Weirloom

/// What the recorded cases came to, group by group. `docs/op-coverage.md` is written once all of it is
/// there.
final class Coverage: Sendable {
  static let shared = Coverage()

  struct Group: Sendable {
    var total = 0
    var passed = 0
    var failed = 0
    /// Cases that need ops which do not exist here.
    var left = 0
  }

  struct Op: Sendable {
    var total = 0
    var passed = 0
    var failed = 0
  }

  struct Shapes: Sendable {
    var agreed = 0
    var lessPrecise = 0
    var contradictions = 0
    var left = 0
  }

  struct Results: Sendable {
    var groups: [String: Group] = [:]
    var ops: [String: Op] = [:]
    var shapes: Shapes?
  }

  private let results = Mutex(Results())

  func add(_ name: String, _ group: Group, ops: [String: Op]) throws {
    let all = results.withLock { results in
      results.groups[name] = group
      for (op, counts) in ops {
        results.ops[op, default: Op()].total += counts.total
        results.ops[op, default: Op()].passed += counts.passed
        results.ops[op, default: Op()].failed += counts.failed
      }
      return results
    }
    try write(all)
  }

  func add(_ shapes: Shapes) throws {
    let all = results.withLock { results in
      results.shapes = shapes
      return results
    }
    try write(all)
  }

  private func write(_ results: Results) throws {
    guard results.groups.count == GoldenFile.groups.count, let shapes = results.shapes else {
      return
    }
    let page = try CoveragePage(results: results, shapes: shapes, registry: .standard).text
    let file = Fixtures.root.deletingLastPathComponent().appending(path: "docs/op-coverage.md")
    // A page that can't be read is written anew.
    if let old = try? String(contentsOf: file, encoding: .utf8), old == page { return }
    try page.write(to: file, atomically: true, encoding: .utf8)
  }
}

/// The text of `docs/op-coverage.md`: the same for the same results.
struct CoveragePage {
  let results: Coverage.Results
  let shapes: Coverage.Shapes
  let registry: OpRegistry
  /// Op names by tier, from `Fixtures/facts/op_priority.tsv`.
  let tiers: [Int: [String]]

  init(results: Coverage.Results, shapes: Coverage.Shapes, registry: OpRegistry) throws {
    self.results = results
    self.shapes = shapes
    self.registry = registry
    let text = try String(
      contentsOfFile: Fixtures.path("facts/op_priority.tsv"), encoding: .utf8)
    var tiers: [Int: [String]] = [:]
    for line in text.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count > 2, let tier = Int(fields[0]) else { continue }
      tiers[tier, default: []].append(String(fields[2]))
    }
    self.tiers = tiers.mapValues { $0.sorted() }
  }

  var text: String {
    """
    # Op coverage

    Written by `make test`; not to be edited.

    ## Recorded sessions

    Sessions of TensorFlow 2.21 (`Fixtures/golden`), run again here. *Left out* are those that need an op which does not
    exist here yet, and no others.

    \(table(["group", "cases", "passed", "failed", "left out"], groupRows))

    ## Inferred shapes

    Variants of those graphs and of the models with some shapes unknown: what shape functions infer, against TensorFlow's.

    \(table(["lines", "agree", "less precise", "contradict", "left out"], [shapeRow]))

    ## Ops by tier

    Tier 1 is the core and what is frequent in models, tier 5 is internal or for other devices
    (`Fixtures/facts/README.md`).

    \(table(["tier", "ops", "declared", "with passed cases", "with failed cases"], tierRows))

    ## Declared ops

    Dtypes are those of the kernels, by attribute; *any* where a kernel does not ask. Cases are the recorded sessions that
    use the op; what neither passed nor failed is left out for another op.

    \(table(["op", "tier", "declared in", "gradient", "cases", "dtypes of kernels"], opRows))

    ## Missing ops

    \(missing)

    """
  }

  private func table(_ head: [String], _ rows: [[String]]) -> String {
    ([head, head.map { _ in "---" }] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
      .joined(separator: "\n")
  }

  private var groupRows: [[String]] {
    var sum = Coverage.Group()
    var rows: [[String]] = []
    for (name, group) in results.groups.sorted(by: { $0.key < $1.key }) {
      sum.total += group.total
      sum.passed += group.passed
      sum.failed += group.failed
      sum.left += group.left
      rows.append(row(name, group))
    }
    return rows + [row("**all**", sum)]
  }

  private func row(_ name: String, _ group: Coverage.Group) -> [String] {
    [name] + [group.total, group.passed, group.failed, group.left].map(String.init)
  }

  private var shapeRow: [String] {
    let counts = [shapes.agreed, shapes.lessPrecise, shapes.contradictions, shapes.left]
    return ([counts.reduce(0, +)] + counts).map(String.init)
  }

  private var tierRows: [[String]] {
    tiers.sorted { $0.key < $1.key }.map { tier, ops in
      let declared = ops.filter { registry[$0] != nil }
      let passed = declared.filter { (results.ops[$0]?.passed ?? 0) > 0 }
      let failed = declared.filter { (results.ops[$0]?.failed ?? 0) > 0 }
      return [tier, ops.count, declared.count, passed.count, failed.count].map(String.init)
    }
  }

  private var opRows: [[String]] {
    var tierOfOp: [String: Int] = [:]
    for (tier, ops) in tiers { for op in ops { tierOfOp[op] = tier } }
    return registry.all.sorted { $0.signature.name < $1.signature.name }.map { definition in
      let name = definition.signature.name
      let module = String(String(reflecting: definition).prefix { $0 != "." })
      let hasGradient = if case .rule = definition.gradient { true } else { false }
      let counts = results.ops[name] ?? Coverage.Op()
      return [
        "`\(name)`", tierOfOp[name].map(String.init) ?? "-", module, hasGradient ? "yes" : "-",
        counts.total == 0
          ? "-"
          : "\(counts.passed)/\(counts.total)"
            + (counts.failed == 0 ? "" : ", \(counts.failed) failed"),
        dtypes(definition),
      ]
    }
  }

  private func dtypes(_ definition: any OpDefinition.Type) -> String {
    guard let provider = definition as? any KernelProvider.Type, !provider.kernels.entries.isEmpty
    else { return "-" }
    var dtypes: [String: Set<String>] = [:]
    for entry in provider.kernels.entries {
      for (attribute, types) in entry.constraints {
        dtypes[attribute, default: []].formUnion(types.map(\.name))
      }
    }
    if dtypes.isEmpty { return "any" }
    return dtypes.sorted { $0.key < $1.key }.map { attribute, types in
      "\(attribute): " + types.sorted().joined(separator: " ")
    }.joined(separator: "; ")
  }

  /// By tier; further tiers by number only.
  private var missing: String {
    tiers.sorted { $0.key < $1.key }.map { tier, ops in
      let names = ops.filter { registry[$0] == nil }
      guard tier <= 3, !names.isEmpty else { return "Tier \(tier): \(names.count)." }
      return "Tier \(tier): \(names.count). " + names.map { "`\($0)`" }.joined(separator: ", ")
    }.joined(separator: "\n\n")
  }
}
