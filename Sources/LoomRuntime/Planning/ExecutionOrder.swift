import LoomCore
import LoomGraph

/// Puts the needed nodes in an order in which every node stands after what it depends on.
enum ExecutionOrder {
  /// - Returns: node ids in order; back edges (into a merge from a next-iteration) are left out.
  /// - Throws: ``StatusError/Code/invalidArgument`` for a cycle that is not a loop's back edge.
  static func sorted(
    _ nodes: [Node], needed: [Bool], fed: Set<Node.Endpoint>
  ) throws(StatusError) -> [Int] {
    var pending = [Int](repeating: 0, count: nodes.count)
    var consumers = [[Int]](repeating: [], count: nodes.count)
    var ready: [Int] = []
    var count = 0
    for node in nodes where needed[node.id] {
      count += 1
      let isMerge = node.properties.role == .merge
      var sources: [Int] = []
      for input in node.inputs where !fed.contains(input) && needed[input.node] {
        if isMerge, nodes[input.node].properties.role == .nextIteration { continue }
        sources.append(input.node)
      }
      sources += node.controlInputs.filter { needed[$0] }
      pending[node.id] = sources.count
      for source in sources { consumers[source].append(node.id) }
      if sources.isEmpty { ready.append(node.id) }
    }
    // First come, first served by id keeps the order a person would expect.
    var order: [Int] = []
    order.reserveCapacity(count)
    ready.reverse()
    while let id = ready.popLast() {
      order.append(id)
      for consumer in consumers[id].reversed() {
        pending[consumer] -= 1
        if pending[consumer] == 0 { ready.append(consumer) }
      }
    }
    guard order.count == count else {
      throw .invalidArgument("\(count - order.count) nodes in a cycle")
    }
    return order
  }
}
