import Foundation
public import LoomCore
import LoomFormats

/// What a folder of `Fixtures/models` holds, and what stock TensorFlow makes of it.
public struct ModelManifest: Sendable, Decodable {
  public let name: String
  public let kind: Kind
  /// The model's file or folder.
  public let model: String?
  public let initOp: String?
  public let trainOp: String?
  public let loss: String?
  /// Variable -> the tensor to fetch.
  public let variables: [String: String]?
  /// For graphs: runs in order, in one session each.
  public let sessions: [[Run]]
  /// For saved models: calls in order, in one session for each set of tags.
  public let taggedSessions: [TaggedSession]
  /// For checkpoints: what the files' names begin with, and key -> value.
  public let prefix: String?
  public let tensors: [String: StoredTensor]?

  public enum Kind: String, Sendable, Decodable {
    case graph = "graph_def"
    case metaGraph = "meta_graph"
    case savedModel = "saved_model"
    case checkpoint
    case records = "tfrecord"
    case files
    case events = "event_file"
    case runMetadata = "run_metadata"
    case corruptGraphs = "corrupt_graphs"
    case corruptFiles = "corrupt_files"
  }

  public struct Run: Sendable, Decodable {
    public let feeds: [String: StoredTensor]
    public let targets: [String]
    public let fetches: [String: StoredTensor]?
    public let error: StockError?
    /// What a failing run fetches.
    public let fetchNames: [String]?
    public let note: String?

    enum CodingKeys: String, CodingKey {
      case feeds, targets, fetches, error, note
      case fetchNames = "fetch_names"
    }
  }

  public struct TaggedSession: Sendable, Decodable {
    public let tags: [String]
    public let calls: [Call]
  }

  public struct Call: Sendable, Decodable {
    public let signature: String
    public let method: String?
    public let inputs: [String: StoredTensor]
    public let outputs: [String: StoredTensor]
  }

  enum CodingKeys: String, CodingKey {
    case name, kind, model, loss, variables, sessions, prefix, tensors
    case initOp = "init_op"
    case trainOp = "train_op"
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    kind = try container.decode(Kind.self, forKey: .kind)
    model = try container.decodeIfPresent(String.self, forKey: .model)
    initOp = try container.decodeIfPresent(String.self, forKey: .initOp)
    trainOp = try container.decodeIfPresent(String.self, forKey: .trainOp)
    loss = try container.decodeIfPresent(String.self, forKey: .loss)
    variables = try container.decodeIfPresent([String: String].self, forKey: .variables)
    prefix = try container.decodeIfPresent(String.self, forKey: .prefix)
    tensors =
      kind == .checkpoint
      ? try container.decodeIfPresent([String: StoredTensor].self, forKey: .tensors) : nil
    let runs: [[Run]]? =
      kind == .graph || kind == .metaGraph
      ? try container.decodeIfPresent([[Run]].self, forKey: .sessions) : nil
    sessions = runs ?? []
    taggedSessions =
      kind == .savedModel ? try container.decode([TaggedSession].self, forKey: .sessions) : []
  }
}

/// An error of stock TensorFlow.
public struct StockError: Sendable, Decodable {
  /// The class that Python's client raises.
  public let pythonClass: String
  /// The name of the canonical code, for errors that have one.
  public let code: String?
  public let message: String

  enum CodingKeys: String, CodingKey {
    case pythonClass = "python_class"
    case code, message
  }

  /// The code as ours.
  public var statusCode: StatusError.Code? {
    StatusError.Code.allCases.first { $0.name == code }
  }
}

extension ModelManifest {
  /// Names of the folders, of one kind if asked for.
  public static func folders(of kinds: Kind...) -> [String] {
    Fixtures.names(in: "models").filter { folder in
      // A folder without a readable manifest is no model.
      guard let manifest = try? ModelManifest(folder: folder) else { return false }
      return kinds.isEmpty || kinds.contains(manifest.kind)
    }
  }

  /// Reads the manifest of a folder.
  public init(folder: String) throws {
    let bytes = try readFile(Fixtures.path("models/\(folder)/manifest.json"))
    self = try JSONDecoder().decode(ModelManifest.self, from: bytes)
  }

  /// The absolute path of a file of the model.
  public func path(_ file: String) -> String { Fixtures.path("models/\(name)/\(file)") }

  /// The absolute path of the model's own file or folder.
  public var modelPath: String { path(model ?? "") }
}
