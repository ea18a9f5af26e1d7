public import LoomCore
import Synchronization

/// A dataflow graph: operations joined by tensors and control edges.
///
/// Thread-safe: every change and look-up takes the graph's lock for a moment, and sessions work on
/// immutable snapshots. Two threads may add operations at once; which comes first is undefined.
public final class Graph: Sendable {
  /// The ops this graph may use.
  public let registry: OpRegistry
  /// Evaluates constant subgraphs for shape inference; `nil` limits inference to plain constants.
  let evaluator: (any ConstantEvaluator)?

  struct State {
    var nodes: [Node] = []
    var idsByName: [String: Int] = [:]
    /// Lower-cased names and scopes in use, with the next suffix to try.
    var usedNames: [String: Int] = [:]
    var consumers: [[Int]] = []
    var library = FunctionLibrary()
    var versions = GraphDefinition.Versions.current
    var isFinalized = false
    /// Counts every change.
    var version = 0
    var collections: [String: [CollectionItem]] = [:]
    var seed: Int?
    var randomOperationCount = 0
    var unfeedable: Set<Int> = []
    var unfetchable: Set<Int> = []
    /// The loops and conditionals that operations were made in.
    var contexts: [Int: any OperationContext] = [:]
  }

  let state = Mutex(State())

  public init(registry: OpRegistry, evaluator: (any ConstantEvaluator)?) {
    self.registry = registry
    self.evaluator = evaluator
  }

  /// The id of the last operation added; 0 while the graph is empty.
  public var version: Int { state.withLock { $0.nodes.count } }

  public var operationCount: Int { version }

  /// Refuses any further change.
  public func finalize() { state.withLock { $0.isFinalized = true } }
  public var isFinalized: Bool { state.withLock { $0.isFinalized } }

  public var versions: GraphDefinition.Versions {
    get { state.withLock { $0.versions } }
    set { state.withLock { $0.versions = newValue } }
  }

  public var library: FunctionLibrary { state.withLock { $0.library } }

  /// Adds a function to the library.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if a different one has its name.
  public func add(_ function: FunctionDefinition) throws(StatusError) {
    try change { (state) throws(StatusError) in try state.library.add(function) }
  }

  /// Names `gradient` as the gradient function of `function`.
  public func setGradient(_ gradient: String, ofFunction function: String) throws(StatusError) {
    try change { (state) throws(StatusError) in state.library.gradients[function] = gradient }
  }

  /// The graph as it is now, for planning.
  public func snapshot() -> GraphSnapshot {
    state.withLock {
      GraphSnapshot(
        nodes: $0.nodes, library: $0.library, versions: $0.versions, registry: registry,
        version: $0.version)
    }
  }

  /// Changes whenever the graph does.
  public var changeCount: Int { state.withLock { $0.version } }

  /// Runs a change under the lock.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` if the graph is finalised.
  func change<R: Sendable>(
    _ body: (inout State) throws(StatusError) -> R
  ) throws(StatusError) -> R {
    try state.withLock { (state: inout sending State) throws(StatusError) -> R in
      guard !state.isFinalized else {
        throw .failedPrecondition("Graph is finalized and cannot be modified.")
      }
      state.version += 1
      return try body(&state)
    }
  }

  func node(_ id: Int) -> Node { state.withLock { $0.nodes[id] } }

  // MARK: Look-up

  public var operations: [Operation] {
    (0..<operationCount).map { Operation(graph: self, id: $0) }
  }

  /// The operation of that name.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is none,
  ///   ``StatusError/Code/invalidArgument`` for the name of a tensor.
  public func operation(named name: String) throws(StatusError) -> Operation {
    if let id = state.withLock({ $0.idsByName[name] }) { return Operation(graph: self, id: id) }
    if name.contains(":") {
      throw .invalidArgument("Name '\(name)' appears to refer to a Tensor, not a Operation.")
    }
    throw .notFound("The name '\(name)' refers to an Operation not in the graph.")
  }

  /// The tensor of that name, as elements of one Swift type.
  ///
  /// - Throws: What ``output(named:)`` throws; ``StatusError/Code/invalidArgument`` for another dtype.
  public func output<Scalar: TensorScalar>(
    named name: String, as type: Scalar.Type
  ) throws(StatusError) -> Output<Scalar> {
    try Output(output(named: name))
  }

  /// The tensor of that name, `operation:index`.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is none,
  ///   ``StatusError/Code/invalidArgument`` for malformed names and names of operations.
  public func output(named name: String) throws(StatusError) -> AnyOutput {
    let parts = name.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[1]), index >= 0 else {
      if parts.count == 1, state.withLock({ $0.idsByName[name] }) != nil {
        throw .invalidArgument(
          "The name '\(name)' refers to an Operation, not a Tensor. Tensor names must be of the form "
            + "\"<op_name>:<output_index>\"; did you mean \"\(name):0\"?")
      }
      if parts.count == 1 {
        throw .notFound("The name '\(name)' refers to an Operation not in the graph.")
      }
      throw .invalidArgument(
        "The name '\(name)' looks like a Tensor name, but is not a valid one. Tensor names must be of "
          + "the form \"<op_name>:<output_index>\".")
    }
    let operationName = String(parts[0])
    guard let id = state.withLock({ $0.idsByName[operationName] }) else {
      throw .notFound(
        "The name '\(name)' refers to a Tensor which does not exist. The operation, "
          + "'\(operationName)', does not exist in the graph.")
    }
    let operation = Operation(graph: self, id: id)
    let count = operation.outputCount
    guard index < count else {
      throw .notFound(
        "The name '\(name)' refers to a Tensor which does not exist. The operation, "
          + "'\(operationName)', exists but only has \(count) outputs.")
    }
    return operation.output(index)
  }

  func consumers(of output: AnyOutput) -> [Operation] {
    let ids = state.withLock { state in
      state.consumers.indices.contains(output.operation.id)
        ? state.consumers[output.operation.id].filter { consumer in
          state.nodes[consumer].inputs.contains {
            $0.node == output.operation.id && $0.index == output.index
          }
        } : []
    }
    return ids.map { Operation(graph: self, id: $0) }
  }

  // MARK: Feeding and fetching

  /// Refuses feeds of the operation's outputs.
  public func preventFeeding(_ operation: Operation) {
    state.withLock { _ = $0.unfeedable.insert(operation.id) }
  }
  public func isFeedable(_ output: AnyOutput) -> Bool {
    state.withLock { !$0.unfeedable.contains(output.operation.id) }
  }
  /// Refuses fetches of the operation and its outputs.
  public func preventFetching(_ operation: Operation) {
    state.withLock { _ = $0.unfetchable.insert(operation.id) }
  }
  public func isFetchable(_ operation: Operation) -> Bool {
    state.withLock { !$0.unfetchable.contains(operation.id) }
  }
}

/// Evaluates single operations on constants; made by the runtime, which knows kernels.
public protocol ConstantEvaluator: Sendable {
  /// The outputs of `node` for constant inputs, or `nil` if the op can't be evaluated ahead of a run.
  func evaluate(_ node: Node, inputs: [AnyTensor]) -> [AnyTensor]?
}
