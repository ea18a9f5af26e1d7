import LoomCore
import LoomGraph
import LoomRuntime
import Synchronization

/// One branch of a conditional.
final class BranchContext: CapturingContext {
  /// The graph keeps the contexts of its operations, and is there whenever one is asked for.
  unowned let graph: Graph
  /// 1 where the predicate must hold, 0 where it must not.
  let side: Int
  let outer: (any OperationContext)?
  let isLoop = false
  // By id: an operation would keep the graph that keeps this.
  private let pivotID: Int
  private let condition: Node.Endpoint
  private let captured = Mutex<[Node.Endpoint: Node.Endpoint]>([:])

  init(
    graph: Graph, predicate: AnyOutput, side: Int, pivot: Operation,
    outer: (any OperationContext)?
  ) {
    self.graph = graph
    condition = predicate.endpoint
    self.side = side
    pivotID = pivot.id
    self.outer = outer
  }

  var predicate: AnyOutput { graph.output(condition) }
  var pivot: Operation? { Operation(graph: graph, id: pivotID) }

  func capture(_ input: AnyOutput) throws(StatusError) -> AnyOutput {
    if let known = captured.withLock({ $0[input.endpoint] }) { return graph.output(known) }
    // The pivot stands outside, but is the branch's own.
    if input.operation.id == pivotID { return input }
    if let place = graph.context(of: input.operation), place.isWithin(self) {
      try graph.checkVisible(input, from: self, reader: "cond")
      return input
    }
    try graph.checkVisible(input, from: self, reader: "cond")
    var value = input
    if let outer = outer as? any CapturingContext { value = try outer.capture(input) }
    let outside = value
    let own = try graph.withContext(self, isCapturing: false) { () throws(StatusError) in
      try graph.switching(outside, by: predicate)[side]
    }
    captured.withLock {
      $0[input.endpoint] = own.endpoint
      $0[own.endpoint] = own.endpoint
    }
    return own
  }

  func admit(_ op: String, _ inputs: [AnyOutput]) throws(StatusError) -> [AnyOutput]? {
    var result: [AnyOutput] = []
    for input in inputs { result.append(try capture(input)) }
    return result
  }

  func controls(
    _ controls: [Int], of op: String, inputs: [Node.Endpoint]
  ) throws(StatusError) -> [Int] {
    var kept: [Int] = []
    // Edges from outside of an enclosing loop would join two frames.
    for id in controls where isSameFrame(Operation(graph: graph, id: id)) { kept.append(id) }
    let waitsInside = kept.contains {
      $0 == pivotID || graph.context(of: Operation(graph: graph, id: $0))?.isWithin(self) ?? false
    }
    if inputs.isEmpty || graph.library[op] != nil, !waitsInside {
      kept.append(pivotID)
    }
    return kept
  }

  private func isSameFrame(_ operation: Operation) -> Bool {
    var loop: (any OperationContext)? = self
    while let context = loop, !context.isLoop { loop = context.outer }
    guard let loop else { return true }
    return graph.context(of: operation)?.isWithin(loop) ?? false
  }

  func didAdd(_ operation: Operation, isInside: Bool) {
    graph.preventFetching(operation)
    graph.preventFeeding(operation)
  }
}
