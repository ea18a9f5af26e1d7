import Foundation
import LoomCore
import LoomFormats

/// Illegal graphs and files with the answer of stock TensorFlow.
public struct CorruptManifest: Sendable, Decodable {
  public let cases: [Case]

  public struct Case: Sendable, Decodable, CustomStringConvertible {
    public let name: String
    /// What is wrong.
    public let what: String
    public let file: String?
    public let files: [String]?
    public let fetches: [String]?
    public let feeds: [String: StoredTensor]?
    public let stock: Answer

    public var description: String { name }
  }

  public struct Answer: Sendable, Decodable {
    /// Where stock refuses.
    public let stage: Stage?
    public let error: StockError?
    /// The values where stock accepts.
    public let values: [StoredTensor]?

    public enum Stage: String, Sendable, Decodable {
      case parse
      case `import`
      case run
      /// Python's client.
      case client
      /// Stock accepts.
      case none
      /// The stock process died; an error is wanted.
      case crash
    }
  }

  /// Reads the manifest of `bad_graphs` or `bad_files`.
  public init(folder: String) throws {
    let bytes = try readFile(Fixtures.path("models/\(folder)/manifest.json"))
    self = try JSONDecoder().decode(CorruptManifest.self, from: bytes)
  }
}
