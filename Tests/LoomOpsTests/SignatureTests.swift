import Foundation
import LoomTestSupport
import Testing
import Weirloom

/// Our declarations against TensorFlow's registry, as recorded in `Fixtures/facts/ops.json`.
@Suite struct SignatureTests {
  /// What TensorFlow's registry says of an op.
  struct Recorded: Decodable {
    struct Argument: Decodable {
      let name: String
      let type: String?
      let typeAttribute: String?
      let typeListAttribute: String?
      let numberAttribute: String?
      let isReference: Bool?

      enum CodingKeys: String, CodingKey {
        case name, type
        case typeAttribute = "type_attr"
        case typeListAttribute = "type_list_attr"
        case numberAttribute = "number_attr"
        case isReference = "is_ref"
      }

      var text: String {
        let base = type ?? typeAttribute ?? typeListAttribute ?? "?"
        let full = isReference == true ? "Ref(\(base))" : base
        return "\(name): " + (numberAttribute.map { "\($0) * \(full)" } ?? full)
      }
    }

    struct Attribute: Decodable {
      let name: String
      let type: String
      let min: Int?
      let allowed: [String]?
    }

    let name: String
    let `in`: [Argument]?
    let out: [Argument]?
    let attr: [Attribute]?
    let flags: [String]?
    /// `python` or `cpp` where there is a rule, `none` where there is none on purpose.
    let grad: String?
    /// Dtypes that the CPU kernels take, by type attribute.
    let kernels: [[String: Constraint]]?

    /// A list of dtypes; other kinds of constraints are not compared.
    struct Constraint: Decodable {
      let dtypes: [String]?
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        dtypes = try? container.decode([String].self)
      }
    }
  }

  private static let recorded: [String: Recorded] = {
    // A file that can't be read leaves nothing to compare, and the test says so.
    guard let data = FileManager.default.contents(atPath: Fixtures.path("facts/ops.json")),
      let all = try? JSONDecoder().decode([Recorded].self, from: data)
    else { return [:] }
    return Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
  }()

  @Test func `every signature is TensorFlow's`() throws {
    let registry = OpRegistry.standard
    #expect(registry.count > 300)
    for definition in registry.all {
      let signature = definition.signature
      guard let expected = Self.recorded[signature.name] else {
        Issue.record("TensorFlow has no op '\(signature.name)'")
        continue
      }
      let name = signature.name
      #expect(text(signature.inputs) == expected.in?.map(\.text) ?? [], "inputs of \(name)")
      #expect(text(signature.outputs) == expected.out?.map(\.text) ?? [], "outputs of \(name)")
      #expect(signature.attributes.map(\.name) == expected.attr?.map(\.name) ?? [], "\(name)")
      for (ours, theirs) in zip(signature.attributes, expected.attr ?? []) {
        #expect(ours.kind.rawValue == theirs.type, "kind of \(name).\(ours.name)")
        #expect(ours.minimum == theirs.min, "minimum of \(name).\(ours.name)")
        let allowed = ours.allowedTypes?.map(\.name) ?? ours.allowedStrings
        #expect(
          allowed.map(Set.init) == theirs.allowed.map(Set.init), "types of \(name).\(ours.name)")
      }
      let flags = Set(expected.flags ?? [])
      #expect(signature.isStateful == flags.contains("is_stateful"), "\(name) is stateful")
      #expect(signature.isCommutative == flags.contains("is_commutative"), "\(name) commutes")
      #expect(signature.isAggregate == flags.contains("is_aggregate"), "\(name) aggregates")
      #expect(
        signature.allowsUninitializedInput == flags.contains("allows_uninitialized_input"),
        "\(name) takes what is not initialised")
    }
  }

  /// Ops whose gradients the builder of gradients makes itself, or does not make yet.
  private static let withoutRule: Set<String> = [
    "Enter", "Exit", "LoopCond", "PartitionedCall", "RefEnter", "RefExit",
    "StatefulPartitionedCall",
  ]

  @Test func `an op has a gradient rule where TensorFlow has one`() {
    var faults: [String] = []
    var excused: Set<String> = []
    for definition in OpRegistry.standard.all {
      let name = definition.signature.name
      let expected = Self.recorded[name]?.grad
      let ours: String? =
        switch definition.gradient {
        case .rule: "python"
        case .notDifferentiable: "none"
        case .undefined: nil
        }
      // Nothing asks for the gradient of an op without inputs.
      if ours != expected, !definition.signature.inputs.isEmpty {
        if Self.withoutRule.contains(name) {
          excused.insert(name)
          continue
        }
        faults.append("\(name) has \(ours ?? "nothing"), not \(expected ?? "nothing")")
      }
    }
    #expect(faults.isEmpty, "\(faults.joined(separator: "\n"))")
    #expect(excused == Self.withoutRule, "an exception is not needed any more")
  }

  /// Kernels that are still to be written.
  private static let missingKernels: Set = ["Conj variant"]

  /// Stock registers some kernels for dtypes that no node can have.
  private static func isAllowed(
    _ dtype: DType, _ attribute: String, _ signature: OpSignature
  ) -> Bool {
    signature.attribute(named: attribute)?.allowedTypes?.contains(dtype) ?? true
  }

  @Test func `kernels take the dtypes that TensorFlow's take`() {
    var faults: [String] = []
    for definition in OpRegistry.standard.all where definition.properties.role == .compute {
      let name = definition.signature.name
      guard let provider = definition as? any KernelProvider.Type else { continue }
      let table = provider.kernels
      for kernel in Self.recorded[name]?.kernels ?? [] where kernel["_device"] == nil {
        for (attribute, constraint) in kernel {
          let isList = definition.signature.attribute(named: attribute)?.kind == .types
          for dtype in (constraint.dtypes ?? []).compactMap({ DType(name: $0) })
          where Set<DType>.everything.contains(dtype)
            && Self.isAllowed(dtype, attribute, definition.signature)
            && !Self.missingKernels.contains("\(name) \(dtype)")
          {
            let value: AttributeValue = isList ? .types([dtype]) : .type(dtype)
            if !table.supports([attribute: value]) {
              faults.append("\(name) with \(attribute) = \(dtype)")
            }
          }
        }
      }
    }
    #expect(faults.isEmpty, "\(faults.joined(separator: "\n"))")
  }

  private func text(_ arguments: [OpSignature.Argument]) -> [String] {
    arguments.map { argument in
      let base =
        switch argument.type {
        case .fixed(let type): type.name
        case .attribute(let name), .listAttribute(let name): name
        }
      let full = argument.isReference ? "Ref(\(base))" : base
      return "\(argument.name): " + (argument.numberAttribute.map { "\($0) * \(full)" } ?? full)
    }
  }
}
