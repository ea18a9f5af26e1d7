import Foundation
import LoomCore
import LoomTestSupport
import Testing
import Weirloom

/// Random ops give TensorFlow's numbers, bit for bit, step after step.
@Suite struct RandomVectorTests {
  private static func section(_ name: String) throws -> [[String: Any]] {
    let data = try Data(contentsOf: Fixtures.url("facts/random_vectors.json"))
    let all = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    return all?[name] as? [[String: Any]] ?? []
  }

  private func scalar(_ value: Any?, _ dtype: DType) throws -> AnyTensor {
    switch dtype {
    case .int32: try AnyTensor(scalar: JSONTensor.integer(value ?? 0, Int32.self))
    case .int64: try AnyTensor(scalar: JSONTensor.integer(value ?? 0, Int64.self))
    case .double: try AnyTensor(scalar: JSONTensor.number(value ?? 0))
    default: try AnyTensor(scalar: Float(JSONTensor.number(value ?? 0)))
    }
  }

  private func shape(_ vector: [String: Any]) throws -> AnyTensor {
    let sizes = (vector["shape"] as? [Int] ?? []).map { Int32($0) }
    return try AnyTensor(sizes, shape: Shape(vector: sizes.count))
  }

  private func logits(_ vector: [String: Any]) throws -> AnyTensor {
    let rows = vector["logits"] as? [[Double]] ?? []
    return try AnyTensor(
      rows.flatMap { $0.map { Float($0) } }, shape: Shape([rows.count, rows.first?.count ?? 0]))
  }

  private func shuffled(_ vector: [String: Any]) throws -> AnyTensor {
    let text = vector["value"] as? String ?? ""
    if text.hasPrefix("reshape") {
      return try AnyTensor((0..<12).map { Int32($0) }, shape: Shape([4, 3]))
    }
    let count = Int(text.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 0
    return try AnyTensor((0..<count).map { Int32($0) }, shape: Shape(vector: count))
  }

  @Test func `stateful ops repeat three recorded runs`() throws {
    var failures: [String] = []
    for vector in try Self.section("stateful") {
      guard let op = vector["op"] as? String, OpRegistry.standard[op] != nil else { continue }
      let steps = vector["steps"] as? [[String: Any]] ?? []
      let graph = Graph()
      let dtype = try (vector["dtype"] as? String).map(JSONTensor.dtype) ?? .float
      var inputs: [AnyTensor] = []
      var attributes: [String: AttributeValue] = [
        "seed": .int(JSONTensor.integer(vector["seed"] ?? 0, Int64.self)),
        "seed2": .int(JSONTensor.integer(vector["seed2"] ?? 0, Int64.self)),
      ]
      switch op {
      case "RandomShuffle": inputs = [try shuffled(vector)]
      case "Multinomial":
        inputs = [try logits(vector), try scalar(vector["num_samples"], .int32)]
      case "RandomUniformInt":
        inputs = [
          try shape(vector), try scalar(vector["minval"], dtype),
          try scalar(vector["maxval"], dtype),
        ]
      case "RandomGamma": inputs = [try shape(vector), try scalar(vector["alpha"], .float)]
      case "RandomPoissonV2":
        inputs = [try shape(vector), try scalar(vector["rate"], .float)]
        attributes["dtype"] = .type(
          try JSONTensor.dtype(steps.first?["dtype"] as? String ?? "float32"))
      default:
        inputs = [try shape(vector)]
        attributes["dtype"] = .type(dtype)
      }
      let constants = try inputs.map { try graph.constant($0) }
      let output = try graph.addOperation(op, inputs: constants, attributes: attributes).output(0)
      let session = try Session(graph: graph)
      for (index, step) in steps.enumerated() {
        let expected = try JSONTensor.tensor(step)
        let actual = try session.run([output.name], feeds: [])[0]
        if actual != expected {
          failures.append("\(op) \(vector["seed"] ?? 0) \(dtype) run \(index)")
          break
        }
      }
    }
    #expect(failures.isEmpty, "\(failures.count): \(failures.prefix(20).joined(separator: "\n"))")
  }

  @Test func `stateless ops give the recorded numbers`() throws {
    var failures: [String] = []
    for group in try Self.section("stateless") {
      let seed = (group["seed"] as? [Any] ?? []).map { JSONTensor.integer($0, Int64.self) }
      let key = (group["key"] as? [Any] ?? []).map { JSONTensor.integer($0, UInt64.self) }
      let counter = (group["counter"] as? [Any] ?? []).map { JSONTensor.integer($0, UInt64.self) }
      let seedTensor = try AnyTensor(seed, shape: Shape(vector: 2))
      let keyTensor = try AnyTensor(key, shape: Shape(vector: 1))
      let counterTensor = try AnyTensor(counter, shape: Shape(vector: 2))
      let (madeKey, madeCounter) = try keyAndCounter(seedTensor)
      if madeKey != keyTensor || madeCounter != counterTensor { failures.append("key of \(seed)") }
      for vector in group["ops"] as? [[String: Any]] ?? [] {
        guard let op = vector["op"] as? String, let recorded = vector["value"] as? [String: Any],
          OpRegistry.standard[op] != nil
        else { continue }
        let expected = try JSONTensor.tensor(recorded)
        let sizes = try AnyTensor(
          expected.shape.sizes.map { Int32($0) }, shape: Shape(vector: expected.shape.rank))
        var inputs: [AnyTensor]
        var attributes: [String: AttributeValue] = [:]
        let algorithm = try scalar(vector["alg"] ?? 1, .int32)
        switch op {
        case "StatelessMultinomial":
          inputs = [try logits(vector), try scalar(vector["num_samples"], .int32), seedTensor]
        case "StatelessShuffle":
          inputs = [try shuffled(["value": "range(\(expected.elementCount))"])]
          inputs += [keyTensor, counterTensor, algorithm]
        default:
          inputs = [sizes]
          inputs += op.hasSuffix("V2") ? [keyTensor, counterTensor, algorithm] : [seedTensor]
          if op.contains("UniformInt") {
            inputs.append(try scalar(vector["minval"], expected.dtype))
            inputs.append(try scalar(vector["maxval"], expected.dtype))
          }
          attributes["dtype"] = .type(expected.dtype)
        }
        let graph = Graph()
        let constants = try inputs.map { try graph.constant($0) }
        let output = try graph.addOperation(op, inputs: constants, attributes: attributes)
        let session = try Session(graph: graph)
        let actual = try session.run([output.output(0).name], feeds: [])[0]
        if actual != expected { failures.append("\(op) \(expected.dtype) \(seed)") }
      }
    }
    #expect(failures.isEmpty, "\(failures.count): \(failures.prefix(20).joined(separator: "\n"))")
  }

  private func keyAndCounter(_ seed: AnyTensor) throws -> (AnyTensor?, AnyTensor?) {
    let graph = Graph()
    let operation = try graph.addOperation(
      "StatelessRandomGetKeyCounter", inputs: [graph.constant(seed)])
    let values = try Session(graph: graph).run(operation.outputs.map(\.name), feeds: [])
    return (values[0], values[1])
  }

  @Test func `two sessions and two equal nodes draw the same numbers`() throws {
    let graph = Graph()
    let shape = try graph.constant([Int32(5)])
    let nodes = try (0..<2).map { _ in
      try graph.addOperation(
        "RandomUniform", inputs: [shape.erased],
        attributes: ["seed": 3, "seed2": 4, "dtype": .type(.float)]
      ).output(0).name
    }
    let first = try Session(graph: graph)
    let second = try Session(graph: graph)
    let both = try first.run(nodes, feeds: [])
    #expect(both[0] == both[1])
    // Another fetch makes another plan, which goes on with the node's numbers.
    let next = try first.run([nodes[0]], feeds: [])[0]
    #expect(next != both[0])
    #expect(try first.run([nodes[1]], feeds: [])[0] == next)
    #expect(try second.run([nodes[0]], feeds: [])[0] == both[0])
  }
}
