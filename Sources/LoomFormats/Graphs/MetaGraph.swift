public import LoomCore
public import LoomGraph

/// A graph with what is needed to use it: collections, signatures and the saver
/// (`tensorflow.MetaGraphDef`).
public struct MetaGraph: Sendable, Hashable {
  public var graph: GraphDefinition
  /// Collections as the file has them; items of variables and queue runners are encoded messages.
  public var collections: [String: Collection]
  public var signatures: [String: Signature]
  public var saver: SaverDefinition?
  /// What tells the meta graphs of one model apart, such as `serve` and `train`.
  public var tags: [String]
  public var assets: [Asset]
  /// The version of TensorFlow that wrote the file; text for people.
  public var producerVersion: String
  /// Whether attributes that equal their default were left out.
  public var hasDefaultsRemoved: Bool
  /// Function name -> the name it is known by in the saved object graph.
  public var functionAliases: [String: String]
  /// The writer's ops, the saved object graph of TensorFlow 2, and whatever else nothing here keeps.
  public var opaque: [UInt8]

  public init(graph: GraphDefinition) {
    self.graph = graph
    collections = [:]
    signatures = [:]
    saver = nil
    tags = []
    assets = []
    producerVersion = ""
    hasDefaultsRemoved = false
    functionAliases = [:]
    opaque = []
  }

  /// The items of a collection.
  public enum Collection: Sendable, Hashable {
    /// Names of nodes and tensors.
    case nodes([String])
    /// Serialised messages, such as VariableDef.
    case bytes([ByteString])
    case ints([Int64])
    case floats([Float])
    /// Messages with their type's URL.
    case any([TypedMessage])
    case empty
  }

  public struct TypedMessage: Sendable, Hashable {
    public var typeURL: String
    public var value: ByteString

    public init(typeURL: String, value: ByteString) {
      self.typeURL = typeURL
      self.value = value
    }
  }

  /// A function of the graph that users may call: named inputs and outputs.
  public struct Signature: Sendable, Hashable {
    public var inputs: [String: TensorInfo]
    public var outputs: [String: TensorInfo]
    /// What kind of function it is, such as `tensorflow/serving/predict`.
    public var method: String
    /// Values of inputs that the caller leaves out.
    public var defaults: [String: AnyTensor]

    public init(
      inputs: [String: TensorInfo] = [:], outputs: [String: TensorInfo] = [:], method: String = "",
      defaults: [String: AnyTensor] = [:]
    ) {
      self.inputs = inputs
      self.outputs = outputs
      self.method = method
      self.defaults = defaults
    }
  }

  /// A tensor of the graph, or several that make up one value.
  public struct TensorInfo: Sendable, Hashable {
    public var encoding: Encoding
    /// `nil` where the file does not say.
    public var dtype: DType?
    /// `nil` where the file does not say.
    public var shape: PartialShape?

    public enum Encoding: Sendable, Hashable {
      case dense(String)
      case sparse(values: String, indices: String, denseShape: String)
      /// The type specification stays encoded.
      case composite(typeSpecification: ByteString, components: [TensorInfo])
      case none
    }

    public init(encoding: Encoding, dtype: DType? = nil, shape: PartialShape? = nil) {
      self.encoding = encoding
      self.dtype = dtype
      self.shape = shape
    }

    /// The name of a dense tensor.
    public var name: String? {
      if case .dense(let name) = encoding { name } else { nil }
    }
  }

  /// A file that belongs to the model; its path is fed to a tensor when the model is loaded.
  public struct Asset: Sendable, Hashable {
    public var tensor: TensorInfo
    public var filename: String

    public init(tensor: TensorInfo, filename: String) {
      self.tensor = tensor
      self.filename = filename
    }
  }
}

/// How to save and restore the variables of a graph (`tensorflow.SaverDef`).
public struct SaverDefinition: Sendable, Hashable {
  public var filenameTensor: String
  public var saveTensor: String
  public var restoreOperation: String
  public var checkpointsToKeep: Int
  public var isSharded: Bool
  public var hoursBetweenKeptCheckpoints: Float
  public var version: Version

  public enum Version: Int, Sendable, Hashable {
    case legacy = 0
    case v1 = 1
    case v2 = 2
  }

  public init(
    filenameTensor: String = "", saveTensor: String = "", restoreOperation: String = "",
    checkpointsToKeep: Int = 0, isSharded: Bool = false, hoursBetweenKeptCheckpoints: Float = 0,
    version: Version = .v2
  ) {
    self.filenameTensor = filenameTensor
    self.saveTensor = saveTensor
    self.restoreOperation = restoreOperation
    self.checkpointsToKeep = checkpointsToKeep
    self.isSharded = isSharded
    self.hoursBetweenKeptCheckpoints = hoursBetweenKeptCheckpoints
    self.version = version
  }
}
