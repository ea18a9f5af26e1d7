import Foundation
import LoomCore
import LoomFormats
import LoomGraph
import LoomTestSupport
import Testing

/// Illegal graphs, as far as they can be told from legal ones without knowing any op.
@Suite struct CorruptGraphTests {
  static let manifest = try? CorruptManifest(folder: "bad_graphs")
  static var cases: [CorruptManifest.Case] { manifest?.cases ?? [] }

  /// Faults that show only to those who know the op, or only in a run.
  static let needOps: Set<String> = [
    "unknown_op", "bad_output_index", "wrong_dtype_edge", "too_few_inputs", "too_many_inputs",
    "missing_attr", "attr_wrong_kind", "attr_not_allowed", "attr_bad_string", "conv_bad_strides",
    "conv_zero_stride", "negative_n", "zero_n", "matmul_shapes", "fill_negative", "reshape_bad",
    "reduce_axis", "switch_pred", "loopcond_int", "recursive_function", "deprecated_op",
    "const_dtype_mismatch",
  ]

  private func load(_ test: CorruptManifest.Case) throws {
    let definition = try GraphDefinition(
      contentsOf: Fixtures.path("models/bad_graphs/\(test.file ?? "")"))
    try Graph(registry: .empty, evaluator: nil).importDefinition(definition, name: "")
  }

  @Test func `there are cases`() { #expect(Self.cases.count > 70) }

  @Test(arguments: cases)
  func `a broken graph is refused and a legal one loads`(test: CorruptManifest.Case) throws {
    let isRefused = test.stock.stage == .parse || test.stock.stage == .import
    // Constants are read when the file is; stock reads them when they are first needed.
    let isConstant = test.name.hasPrefix("const_") && test.stock.error != nil
    if isRefused || isConstant, !Self.needOps.contains(test.name) {
      let error = failure { try load(test) }
      #expect(error?.code == .invalidArgument || error?.code == .dataLoss)
      #expect(error?.reason.isEmpty == false)
    } else {
      try load(test)
    }
  }

  @Test func `text that does not end says so`() throws {
    #expect(
      failure { try GraphDefinition(text: "node { name: \"a\" ") }?.reason.hasPrefix(
        "Error parsing text-format tensorflow.GraphDef: ") == true)
  }

  @Test func `messages nested too deeply are refused`() throws {
    // func attributes inside func attributes, in text and in wire format.
    let depth = 2000
    let text =
      String(repeating: "attr { key: \"f\" value { func { name: \"g\" ", count: depth)
      + String(repeating: "} } }", count: depth)
    #expect(
      failure { try GraphDefinition(text: "node { name: \"a\" op: \"b\" \(text) }") }?.code
        == .invalidArgument)
    var bytes: [UInt8] = []
    for _ in 0..<depth {
      // value { func { attr { … } } }, from the inside out.
      bytes = wrap(2, wrap(10, wrap(2, bytes)))
    }
    let node = wrap(1, [10, 1, 97] + wrap(5, bytes))
    #expect(failure { try GraphDefinition(serialized: node) }?.code == .dataLoss)
  }

  private func wrap(_ field: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    var length = bytes.count
    var prefix = [field << 3 | 2]
    repeat {
      prefix.append(UInt8(length & 0x7f) | (length > 0x7f ? 0x80 : 0))
      length >>= 7
    } while length > 0
    return prefix + bytes
  }

  @Test func `random damage never ends the process`() throws {
    let original = Array(
      try Data(contentsOf: URL(filePath: Fixtures.path("models/beam_search/model.pb"))))
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0...UInt64.max, using: &generator)
    var state = Scrambler(state: seed)
    for _ in 0..<60 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...8, using: &state) {
        bytes[Int.random(in: 0..<bytes.count, using: &state)] = .random(in: 0...255, using: &state)
      }
      do throws(StatusError) {
        let definition = try GraphDefinition(serialized: bytes)
        try Graph(registry: .empty, evaluator: nil).importDefinition(definition)
      } catch {
        #expect(!error.reason.isEmpty, "seed \(seed)")
      }
    }
  }
}
