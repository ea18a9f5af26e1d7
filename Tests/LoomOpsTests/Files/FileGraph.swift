import Foundation
import LoomTestSupport
import Testing
import Weirloom

/// A graph built of ops by name.
struct FileGraph {
  let graph = Graph()

  /// The outputs of a new operation.
  func callAsFunction(
    _ op: String, _ inputs: [AnyOutput] = [], _ attributes: [String: AttributeValue] = [:],
    name: String? = nil
  ) throws -> [AnyOutput] {
    try graph.addOperation(op, inputs: inputs, attributes: attributes, name: name).outputs
  }

  /// A new operation.
  func operation(
    _ op: String, _ inputs: [AnyOutput] = [], _ attributes: [String: AttributeValue] = [:]
  ) throws -> GraphOperation {
    try graph.addOperation(op, inputs: inputs, attributes: attributes)
  }

  func constant(_ tensor: AnyTensor) throws -> AnyOutput {
    try self("Const", [], ["value": .tensor(tensor), "dtype": .type(tensor.dtype)])[0]
  }

  func text(_ value: String) throws -> AnyOutput {
    try constant(AnyTensor(scalar: ByteString(value)))
  }

  func texts(_ values: [String]) throws -> AnyOutput {
    try constant(AnyTensor(values.map { ByteString($0) }, shape: Shape(vector: values.count)))
  }

  func vector<Scalar: TensorScalar>(_ values: [Scalar]) throws -> AnyOutput {
    try constant(AnyTensor(values, shape: Shape(vector: values.count)))
  }

  func scalar<Scalar: TensorScalar>(_ value: Scalar) throws -> AnyOutput {
    try constant(AnyTensor(scalar: value))
  }

  func matrix(_ rows: [[Int]]) throws -> AnyOutput {
    try constant(
      AnyTensor(
        rows.flatMap { $0 }.map { Int64($0) }, shape: Shape([rows.count, rows.first?.count ?? 0])))
  }

  /// Runs in a session of its own.
  func run(_ outputs: [AnyOutput]) throws -> [AnyTensor] {
    let session = try Session(graph: graph)
    defer { session.close() }
    return try session.run(outputs)
  }
}

/// A folder that vanishes with the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "weirloom-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path(percentEncoded: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    try Data(bytes).write(to: URL(filePath: file(name)))
    return file(name)
  }
}

/// Tensors that stock TensorFlow recorded beside a model's files.
struct Recorded {
  let folder: String

  func path(_ file: String) -> String { Fixtures.path("models/\(folder)/\(file)") }

  /// The tensor in `expected/NAME.npy` or `expected/NAME.strings.json`.
  func tensor(_ name: String, _ dtype: String, _ shape: [Int]) throws -> AnyTensor {
    let suffix = dtype == "string" ? "strings.json" : "npy"
    let entry: [String: Any] = [
      "file": "expected/\(name).\(suffix)", "dtype": dtype, "shape": shape,
    ]
    let stored = try JSONDecoder().decode(
      StoredTensor.self, from: JSONSerialization.data(withJSONObject: entry))
    return try stored.load(from: folder)
  }

  func texts(_ name: String, _ count: Int) throws -> [String] {
    try tensor(name, "string", [count]).scalars(of: ByteString.self).map(\.string)
  }
}

extension AnyTensor {
  /// Elements as text.
  var strings: [String] {
    get throws { try scalars(of: ByteString.self).map(\.string) }
  }
}

/// Expects `body` to fail with a code and a piece of its message.
func expectFailure<R>(
  _ code: StatusError.Code, _ text: String = "",
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> R
) {
  do {
    _ = try body()
    Issue.record("Expected \(code), got no error", sourceLocation: sourceLocation)
  } catch {
    let status = error as? StatusError
    #expect(status?.code == code, "\(error)", sourceLocation: sourceLocation)
    if !text.isEmpty {
      #expect(
        status?.message.contains(text) ?? false, "\(error)", sourceLocation: sourceLocation)
    }
  }
}

/// What `body` returns; `nil` where it says that the data has ended.
func untilEnd<R>(_ body: () throws -> R) throws -> R? {
  do { return try body() } catch {
    guard StatusError.wrapping(error).code == .outOfRange else { throw error }
    return nil
  }
}
