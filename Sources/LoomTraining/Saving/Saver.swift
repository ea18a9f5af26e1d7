public import LoomCore
import LoomFormats
public import LoomGraph
public import LoomRuntime
import Synchronization

/// Saves variables to checkpoints, and restores them.
///
/// Making one adds the operations to the graph; saving and restoring run them in a session. Thread-safe.
///
/// - SeeAlso: `tf.train.Saver`.
public final class Saver: Sendable {
  /// The names under which variables are stored, sorted, with the variables.
  public let variables: [(key: String, variable: AnyVariable)]
  /// How many checkpoints are kept; older ones are deleted. 0 keeps all.
  public let maximumToKeep: Int

  private let prefix: AnyOutput
  private let saving: Operation
  private let restoring: Operation
  private let kept = Mutex<[String]>([])

  /// The format of what is written; both can be read.
  public enum Format: Sendable {
    /// One table file, as TensorFlow wrote before 2017.
    case v1
    /// An index and shards.
    case v2
  }

  /// A saver of some variables, or of all global ones.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there are no variables, or two of one name.
  public convenience init(
    for variables: [AnyVariable]? = nil, in graph: Graph, maximumToKeep: Int = 5,
    format: Format = .v2, name: String = "save"
  ) throws(StatusError) {
    var named: [String: AnyVariable] = [:]
    for variable in variables ?? graph.globalVariables {
      guard named.updateValue(variable, forKey: variable.key) == nil else {
        throw .invalidArgument("At least two variables have the same name: \(variable.key)")
      }
    }
    try self.init(
      named: named, in: graph, maximumToKeep: maximumToKeep, format: format, name: name)
  }

  /// A saver of variables of one type.
  public convenience init<Scalar: TensorScalar>(
    for variables: [Variable<Scalar>], maximumToKeep: Int = 5, format: Format = .v2
  ) throws(StatusError) {
    guard let graph = variables.first?.graph else { throw Saver.noVariables }
    try self.init(
      for: variables.map(\.erased), in: graph, maximumToKeep: maximumToKeep, format: format)
  }

  /// A saver of variables under names of their own.
  public init(
    named: [String: AnyVariable], in graph: Graph, maximumToKeep: Int = 5, format: Format = .v2,
    name: String = "save"
  ) throws(StatusError) {
    guard !named.isEmpty else { throw Saver.noVariables }
    variables = named.sorted { $0.key < $1.key }.map { (key: $0.key, variable: $0.value) }
    self.maximumToKeep = Swift.max(maximumToKeep, 0)
    let (variables, graph) = (self.variables, graph)
    (prefix, saving, restoring) = try graph.withNameScope(name) { () throws(StatusError) in
      let model = try graph.constantTensor(AnyTensor(scalar: ByteString("model")))
      let prefix = try graph.build(
        "PlaceholderWithDefault", [model], ["shape": .shape([])], name: "filename")
      let names = try graph.constantTensor(
        AnyTensor(
          variables.map { ByteString($0.key) }, shape: Shape(vector: variables.count)))
      let slices = try graph.constantTensor(
        AnyTensor(variables.map { _ in ByteString() }, shape: Shape(vector: variables.count)))
      var values: [AnyOutput] = []
      for entry in variables { values.append(try entry.variable.read()) }
      let types = AttributeValue.types(variables.map(\.variable.dtype))
      let saving =
        format == .v2
        ? try graph.addOperation(
          "SaveV2", inputs: [prefix, names, slices] + values, attributes: ["dtypes": types])
        : try graph.addOperation(
          "SaveSlices", inputs: [prefix, names, slices] + values, attributes: ["T": types])
      // Reads checkpoints of both generations.
      let restored = try graph.addOperation(
        "RestoreV2", inputs: [prefix, names, slices], attributes: ["dtypes": types]
      ).outputs
      var assignments: [Operation] = []
      for (index, entry) in variables.enumerated() {
        assignments.append(try entry.variable.assign(restored[index]).operation)
      }
      let restoring = try graph.addOperation(
        "NoOp", name: "restore_all", controlInputs: assignments)
      return (prefix, saving, restoring)
    }
  }

  private static var noVariables: StatusError { .invalidArgument("No variables to save") }

  /// Writes the variables' values, and the state file beside them.
  ///
  /// - Parameters:
  ///   - path: What the files' names begin with.
  ///   - step: Added to it, as `-STEP`.
  /// - Returns: the prefix by which the checkpoint can be restored.
  /// - Throws: ``StatusError/Code/failedPrecondition`` if a variable has no value; what writing throws.
  @discardableResult
  public func save(
    _ session: Session, to path: String, step: Int? = nil
  ) throws(StatusError) -> String {
    let target = step.map { "\(path)-\($0)" } ?? path
    try session.run(
      saving, feeding: Feed(prefix, try AnyTensor(scalar: ByteString(target))))
    let (checkpoints, deleted) = kept.withLock { kept -> ([String], [String]) in
      kept.removeAll { $0 == target }
      kept.append(target)
      guard maximumToKeep > 0, kept.count > maximumToKeep else { return (kept, []) }
      let old = Array(kept.prefix(kept.count - maximumToKeep))
      kept.removeFirst(old.count)
      return (kept, old)
    }
    try CheckpointState(latest: target, all: checkpoints).write(besides: target)
    for prefix in deleted { CheckpointFiles.remove(prefix) }
    return target
  }

  /// Makes the stored values those of the variables.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there is no checkpoint of that prefix or a stored
  ///   value does not fit its variable, ``StatusError/Code/notFound`` if a variable is not stored.
  public func restore(_ session: Session, from prefix: String) throws(StatusError) {
    guard CheckpointFiles.exist(prefix) else {
      throw .invalidArgument("The passed save_path is not a valid checkpoint: \(prefix)")
    }
    try session.run(
      restoring, feeding: Feed(self.prefix, try AnyTensor(scalar: ByteString(prefix))))
  }

  /// The prefixes of the checkpoints that are kept, oldest first.
  public var lastCheckpoints: [String] { kept.withLock { $0 } }
}
