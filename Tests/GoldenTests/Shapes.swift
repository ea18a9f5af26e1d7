import Foundation
import LoomTestSupport
import Testing
import Weirloom

/// What our shape functions infer, against what stock TensorFlow's infer.
@Suite struct ShapeTests {
  /// One line of `shapes.tsv`.
  struct Variant {
    let source: String
    let name: String
    let nodes: [String: [PartialShape]]
    let relaxed: [String: PartialShape]
    let isRefused: Bool

    init?(_ line: Substring) {
      let fields = line.split(separator: "\t", maxSplits: 2)
      guard fields.count == 3,
        let object = try? JSONSerialization.jsonObject(with: Data(fields[2].utf8)),
        let facts = object as? [String: Any]
      else { return nil }
      source = String(fields[0])
      name = String(fields[1])
      isRefused = facts["refused"] != nil
      nodes = (facts["nodes"] as? [String: [Any]] ?? [:]).mapValues { $0.map(Variant.shape) }
      relaxed = (facts["relax"] as? [String: Any] ?? [:]).mapValues(Variant.shape)
    }

    private static func shape(_ value: Any) -> PartialShape {
      guard let sizes = value as? [Any] else { return .unknown }
      return PartialShape(sizes.map { $0 as? Int })
    }
  }

  private static func definitions() throws -> [String: GraphDefinition] {
    var result: [String: GraphDefinition] = [:]
    for group in GoldenFile.groups {
      for (index, test) in try GoldenFile.cases(group).enumerated() {
        result["\(group).golden#\(index)"] = try test.graph()
      }
    }
    for folder in ModelManifest.folders(of: .graph, .metaGraph) {
      let manifest = try ModelManifest(folder: folder)
      result["models/\(folder)"] =
        manifest.kind == .metaGraph
        ? try MetaGraph(contentsOf: manifest.modelPath).graph
        : try GraphDefinition(contentsOf: manifest.modelPath)
    }
    return result
  }

  @Test func `inferred shapes never contradict the recorded ones`() throws {
    let definitions = try ShapeTests.definitions()
    let text = try String(contentsOfFile: Fixtures.path("golden/shapes.tsv"), encoding: .utf8)
    let filter = ProcessInfo.processInfo.environment["GOLDEN"] ?? ""
    var contradictions: [String] = []
    var lessPrecise: [String: Int] = [:]
    var agreed = 0
    var vague = 0
    var left = 0
    var contradicting = 0
    for line in text.split(separator: "\n") {
      guard let variant = Variant(line), var definition = definitions[variant.source] else {
        continue
      }
      if !filter.isEmpty, !definition.nodes.contains(where: { $0.op == filter }) { continue }
      let isKnown = definition.nodes.allSatisfy {
        OpRegistry.standard[$0.op] != nil || definition.library[$0.op] != nil
      }
      guard isKnown else {
        left += 1
        continue
      }
      ShapeTests.relax(&definition, variant)
      let graph = Graph()
      do {
        try graph.importDefinition(definition, name: nil)
      } catch {
        if variant.isRefused {
          agreed += 1
        } else {
          contradicting += 1
          contradictions.append("\(variant.source) \(variant.name): refused: \(error)")
        }
        continue
      }
      // Accepted where TensorFlow knows better: no contradiction, as with a dimension less.
      if variant.isRefused {
        vague += 1
        continue
      }
      let before = contradictions.count
      var isVague = false
      for (name, shapes) in variant.nodes {
        let operation = try graph.operation(named: name)
        for (index, expected) in shapes.enumerated() where index < operation.outputCount {
          let actual = operation.output(index).shape
          if !actual.isCompatible(with: expected) {
            contradictions.append(
              "\(variant.source) \(variant.name) \(name):\(index) \(operation.type): \(actual), "
                + "expected \(expected)")
          } else if ShapeTests.isLessPrecise(actual, than: expected) {
            isVague = true
            lessPrecise[operation.type, default: 0] += 1
          }
        }
      }
      if contradictions.count > before {
        contradicting += 1
      } else if isVague {
        vague += 1
      } else {
        agreed += 1
      }
    }
    if filter.isEmpty {
      try Coverage.shared.add(
        .init(
          agreed: agreed, lessPrecise: vague, contradictions: contradicting, left: left))
    }
    let ops = lessPrecise.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(40)
    print(
      "shapes: \(agreed) lines agree, \(vague) are less precise, \(left) need missing ops; "
        + "less precise: " + ops.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    #expect(
      contradictions.isEmpty,
      "\(contradictions.count):\n\(contradictions.prefix(40).joined(separator: "\n"))")
  }

  private static func relax(_ definition: inout GraphDefinition, _ variant: Variant) {
    for index in definition.nodes.indices {
      let node = definition.nodes[index]
      guard let shape = variant.relaxed[node.name] else { continue }
      let dtype = node.attributes["dtype"] ?? .type(.float)
      definition.nodes[index] = NodeDefinition(
        name: node.name, op: "Placeholder", inputs: node.inputs.filter { $0.hasPrefix("^") },
        device: node.device, attributes: ["dtype": dtype, "shape": .shape(shape)])
    }
  }

  private static func isLessPrecise(_ actual: PartialShape, than expected: PartialShape) -> Bool {
    guard let sizes = expected.sizes else { return false }
    guard actual.rank != nil else { return true }
    return sizes.indices.contains { sizes[$0] != nil && actual[$0] == nil }
  }
}
