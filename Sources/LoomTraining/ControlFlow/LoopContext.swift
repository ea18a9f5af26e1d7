import LoomCore
import LoomGraph
import LoomRuntime
import Synchronization

/// A context whose operations read values from outside through an operation of its own.
protocol CapturingContext: OperationContext {
  /// `input` as operations of this context see it.
  func capture(_ input: AnyOutput) throws(StatusError) -> AnyOutput
  /// What operations wait for that have nothing else to wait for.
  var pivot: Operation? { get }
}

extension Graph {
  func output(_ endpoint: Node.Endpoint) -> AnyOutput {
    Operation(graph: self, id: endpoint.node).output(endpoint.index)
  }
}

/// The frame of a loop.
final class LoopContext: CapturingContext {
  /// The graph keeps the contexts of its operations, and is there whenever one is asked for.
  unowned let graph: Graph
  let frame: String
  let parallelIterations: Int
  let outer: (any OperationContext)?
  let isLoop = true

  private struct State {
    weak var history: (any LoopHistory)?
    // By id: an operation would keep the graph that keeps this.
    var captured: [Node.Endpoint: Node.Endpoint] = [:]
    var pivot: Int?
  }
  private let state = Mutex(State())

  init(
    graph: Graph, frame: String, parallelIterations: Int, outer: (any OperationContext)?
  ) {
    self.graph = graph
    self.frame = frame
    self.parallelIterations = parallelIterations
    self.outer = outer
  }

  /// Of a loop that computes gradients: what it takes from the loop it belongs to, while it is built.
  var history: (any LoopHistory)? {
    get { state.withLock { $0.history } }
    set { state.withLock { $0.history = newValue } }
  }

  var pivot: Operation? {
    get { state.withLock { $0.pivot }.map { Operation(graph: graph, id: $0) } }
    set { state.withLock { $0.pivot = newValue?.id } }
  }

  func capture(_ input: AnyOutput) throws(StatusError) -> AnyOutput {
    if let known = state.withLock({ $0.captured[input.endpoint] }) { return graph.output(known) }
    if let place = graph.context(of: input.operation), place.isWithin(self) {
      try graph.checkVisible(input, from: self, reader: frame)
      return input
    }
    if let history, let value = try history.value(of: input) {
      state.withLock { $0.captured[input.endpoint] = value.endpoint }
      return value
    }
    if history == nil { try graph.checkVisible(input, from: self, reader: frame) }
    var value = input
    if let outer = outer as? any CapturingContext { value = try outer.capture(input) }
    let outside = value
    let entered = try graph.withContext(self, isCapturing: false) { () throws(StatusError) in
      try graph.enter(
        outside, frame: frame, isConstant: true, parallelIterations: parallelIterations)
    }
    state.withLock {
      $0.captured[input.endpoint] = entered.endpoint
      $0.captured[entered.endpoint] = entered.endpoint
    }
    return entered
  }

  // MARK: OperationContext

  func admit(_ op: String, _ inputs: [AnyOutput]) throws(StatusError) -> [AnyOutput]? {
    // What is small is kept for the way back, not the tensor it is computed from.
    if let history, inputs.count == 1, ["Shape", "Size", "Rank"].contains(op),
      history.isRecorded(inputs[0])
    {
      return nil
    }
    var result: [AnyOutput] = []
    for input in inputs { result.append(try capture(input)) }
    return result
  }

  func controls(
    _ controls: [Int], of op: String, inputs: [Node.Endpoint]
  ) throws(StatusError) -> [Int] {
    var kept: [Int] = []
    for id in controls {
      let control = Operation(graph: graph, id: id)
      if graph.context(of: control)?.isWithin(self) ?? false {
        kept.append(id)
      } else if control.outputCount > 0 {
        // Waiting for something outside is waiting for its value to come in.
        kept.append(try capture(control.output(0)).operation.id)
      }
    }
    let isFree = inputs.allSatisfy { Operation(graph: graph, id: $0.node).isConstantEnter }
    if kept.isEmpty, isFree || graph.library[op] != nil, let pivot { kept.append(pivot.id) }
    return kept
  }

  func didAdd(_ operation: Operation, isInside: Bool) {
    guard isInside else {
      history?.didAddBeside(operation)
      return
    }
    graph.preventFetching(operation)
    graph.preventFeeding(operation)
  }
}

/// What a loop that computes gradients knows of the loop it belongs to.
protocol LoopHistory: AnyObject, Sendable {
  /// Whether the tensor is one of the loop on the way forward.
  func isRecorded(_ input: AnyOutput) -> Bool
  /// The value that the tensor had in the iteration whose gradient is computed; `nil` for a tensor of
  /// another place.
  func value(of input: AnyOutput) throws(StatusError) -> AnyOutput?
  /// Called for operations that read the loop on the way forward and stand there.
  func didAddBeside(_ operation: Operation)
}

extension Operation {
  /// Whether this brings a value into a loop that no iteration changes.
  var isConstantEnter: Bool {
    guard node.properties.role == .enter, case .bool(true)? = attributes["is_constant"] else {
      return false
    }
    return true
  }
}
