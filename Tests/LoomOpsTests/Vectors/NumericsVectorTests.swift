import Foundation
import LoomCore
import LoomTestSupport
import Testing
import Weirloom

/// One-op cases recorded from TensorFlow: each registered op gives the recorded outputs or error.
@Suite struct NumericsVectorTests {

  static let sections = [
    "NaN and signed zero", "argmax and ties", "assertions", "bits and quantisation",
    "broadcasting", "casts", "convolution and pooling", "dropout and gradients of activations",
    "gather and scatter", "integer division", "linear algebra", "matmul", "normalisation",
    "overflow", "pow", "reductions", "resize", "rounding", "segments", "shapes and slices",
    "sparse", "strings", "unique, where, sets",
  ]

  /// What the client that recorded the vectors calls arguments whose name it changes.
  private static let clientNames = [
    "dim": "axis", "e": "y", "input": "condition", "reduction_indices": "axis", "split_dim": "axis",
    "t": "x",
  ]

  @Test(arguments: sections)
  func `one op gives the recorded outputs`(_ section: String) throws {
    let data = try Data(contentsOf: Fixtures.url("facts/numerics_vectors.json"))
    let all = try JSONSerialization.jsonObject(with: data) as? [[String: Any]] ?? []
    let filter = ProcessInfo.processInfo.environment["VECTORS"]
    var failures: [String] = []
    var passed = 0
    var missing: Set<String> = []
    for vector in all where vector["section"] as? String == section {
      guard let op = vector["op"] as? String, vector["inputs"] != nil else { continue }
      if let filter, !op.contains(filter) { continue }
      guard OpRegistry.standard[op] != nil else {
        missing.insert(op)
        continue
      }
      let note = vector["note"] as? String ?? ""
      do {
        if let fault = try check(vector, op: op) {
          failures.append("\(op) \(note): \(fault)")
        } else {
          passed += 1
        }
      } catch {
        failures.append("\(op) \(note): \(error)")
      }
    }
    if !missing.isEmpty { print("\(section): \(passed) passed, missing \(missing.sorted())") }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
  }

  private struct Difference {
    let text: String?
  }

  /// Where stock's answer is a defect or undefined (see `numerics.md`), what is asked of ours instead.
  ///
  /// - Returns: `nil` where stock's answer counts; otherwise what is wrong with ours, if anything.
  private func deliberateDifference(
    _ vector: [String: Any], op: String, _ outputs: [AnyTensor?]
  ) throws -> Difference? {
    guard let input = (vector["inputs"] as? [String: Any])?["x"] as? [String: Any],
      let recorded = (vector["outputs"] as? [[String: Any]])?.first,
      let output = outputs.first ?? nil
    else { return nil }
    let x = try JSONTensor.tensor(input)
    let wanted = try JSONTensor.tensor(recorded)
    if op == "Round", x.dtype.isInteger {
      // Stock's kernel gives zeros; integers are round already.
      return Difference(text: output == x ? nil : "integers changed")
    }
    if op == "Cast", x.dtype.isFloatingPoint, wanted.dtype.isInteger {
      // Out of range, stock's short and long tensors differ: only what fits is compared.
      let values = try x.scalars(of: Float.self)
      let ours = try output.integers()
      let theirs = try wanted.integers()
      for index in values.indices where fits(values[index], wanted.dtype) {
        if ours[index] != theirs[index] {
          return Difference(text: "element \(index): \(ours[index])")
        }
      }
      return Difference(text: nil)
    }
    return nil
  }

  private func fits(_ value: Float, _ dtype: DType) -> Bool {
    guard value.isFinite, let size = dtype.byteSize else { return false }
    let bits = Double(8 * size)
    let isSigned = [.int8, .int16, .int32, .int64].contains(dtype)
    let low = isSigned ? -exp2(bits - 1) : -0.5
    return Double(value) >= low && Double(value) < exp2(isSigned ? bits - 1 : bits)
  }

  private func check(_ vector: [String: Any], op: String) throws -> String? {
    // Without an output nothing was fetched, and stock ran nothing.
    if vector["error"] == nil, (vector["outputs"] as? [Any])?.isEmpty ?? true { return nil }
    let expected = vector["error"] as? [String: Any]
    let code = (expected?["code"] as? String) ?? "OK"
    let outputs: [AnyTensor?]
    do throws(StatusError) {
      outputs = try run(vector, op: op)
    } catch {
      if error.code.name == code { return nil }
      return "\(error), expected \(code) \(expected?["message"] ?? "")"
    }
    if expected != nil { return "values, expected \(code) \(expected?["message"] ?? "")" }
    if let fault = try deliberateDifference(vector, op: op, outputs) { return fault.text }
    let unset = vector["uninitialised_outputs"] as? [Int] ?? []
    let recorded = vector["outputs"] as? [[String: Any]] ?? []
    for (index, object) in recorded.enumerated() where !unset.contains(index) {
      let wanted = try JSONTensor.tensor(object)
      guard let actual = outputs[index] else { return "no output \(index)" }
      let tolerance = Tolerance(relative: 2e-6, absolute: 1e-7)
      if let fault = try actual.difference(from: wanted, tolerance: tolerance) {
        return "output \(index): \(fault)"
      }
    }
    return nil
  }

  /// Feeds all inputs, so that the kernel answers and not the shape function alone.
  private func run(_ vector: [String: Any], op: String) throws(StatusError) -> [AnyTensor?] {
    do {
      let graph = Graph()
      guard let signature = graph.registry[op]?.signature else { return [] }
      let given = vector["inputs"] as? [String: Any] ?? [:]
      var inputs: [AnyOutput] = []
      var feeds: [Feed] = []
      var attributes: [String: AttributeValue] = [:]
      for argument in signature.inputs {
        let key =
          given[argument.name] == nil ? Self.clientNames[argument.name] ?? "" : argument.name
        let objects =
          (given[key] as? [[String: Any]])
          ?? (given[key] as? [String: Any]).map { [$0] } ?? []
        for object in objects {
          let value = try JSONTensor.tensor(object)
          let placeholder = try graph.placeholder(dtype: value.dtype, shape: .unknown)
          inputs.append(placeholder)
          feeds.append(Feed(named: placeholder.name, value))
        }
        if let number = argument.numberAttribute { attributes[number] = .int(Int64(objects.count)) }
        if case .listAttribute(let name) = argument.type {
          attributes[name] = .types(inputs.suffix(objects.count).map(\.dtype))
        }
      }
      for (name, value) in vector["attrs"] as? [String: Any] ?? [:] {
        let known =
          signature.attribute(named: name) == nil && name == "axis" ? "squeeze_dims" : name
        guard let definition = signature.attribute(named: known) else { continue }
        attributes[known] = try attribute(value, definition.kind)
      }
      let operation = try graph.addOperation(op, inputs: inputs, attributes: attributes)
      let session = try Session(graph: graph)
      defer { session.close() }
      let names = operation.outputs.map(\.name)
      return try session.run(names.isEmpty ? [operation.name] : names, feeds: feeds)
    } catch {
      throw StatusError.wrapping(error)
    }
  }

  private func attribute(
    _ value: Any, _ kind: OpSignature.AttributeDefinition.Kind
  ) throws -> AttributeValue {
    switch kind {
    case .int: .int(JSONTensor.integer(value, Int64.self))
    case .float: .float(Float(JSONTensor.number(value)))
    case .bool: .bool(value as? Bool ?? false)
    case .string: .string(ByteString(value as? String ?? ""))
    case .type: .type(try JSONTensor.dtype(value as? String ?? ""))
    case .ints: .list((value as? [Any] ?? []).map { .int(JSONTensor.integer($0, Int64.self)) })
    case .floats: .list((value as? [Any] ?? []).map { .float(Float(JSONTensor.number($0))) })
    case .shape: .shape(PartialShape((value as? [Any] ?? []).map { $0 as? Int }))
    default: throw JSONTensor.Malformed(description: "attribute of kind \(kind)")
    }
  }
}
