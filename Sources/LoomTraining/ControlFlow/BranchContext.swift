import LoomCore
import LoomGraph
import Synchronization

/// One branch of a conditional.
final class BranchContext: CapturingContext {
  let graph: Graph
  let predicate: AnyOutput
  /// 1 where the predicate must hold, 0 where it must not.
  let side: Int
  let outer: (any OperationContext)?
  let isLoop = false
  let pivot: Operation?
  private let captured = Mutex<[AnyOutput: AnyOutput]>([:])

  init(
    graph: Graph, predicate: AnyOutput, side: Int, pivot: Operation,
    outer: (any OperationContext)?
  ) {
    self.graph = graph
    self.predicate = predicate
    self.side = side
    self.pivot = pivot
    self.outer = outer
  }

  func capture(_ input: AnyOutput) throws(StatusError) -> AnyOutput {
    if let known = captured.withLock({ $0[input] }) { return known }
    // The pivot stands outside, but is the branch's own.
    if input.operation == pivot { return input }
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
      $0[input] = own
      $0[own] = own
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
      $0 == pivot?.id || graph.context(of: Operation(graph: graph, id: $0))?.isWithin(self) ?? false
    }
    if inputs.isEmpty || graph.library[op] != nil, !waitsInside, let pivot {
      kept.append(pivot.id)
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
