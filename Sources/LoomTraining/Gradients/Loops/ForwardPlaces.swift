import LoomCore
import LoomGraph
import Synchronization

/// Where the tensors of the way forward stand, with the operations that gradients add to it.
final class ForwardPlaces: Sendable {
  struct Place {
    var frame: Int
    var conditions: [FlowAnalysis.Condition] = []
  }

  let analysis: FlowAnalysis
  private let count: Int
  private let added = Mutex<[Int: Place]>([:])

  init(_ nodes: [Node]) {
    analysis = FlowAnalysis(nodes)
    count = nodes.count
  }

  /// `nil` for a tensor that is not of the way forward.
  func place(of output: AnyOutput) -> Place? {
    let id = output.operation.id
    guard id < count else { return added.withLock { $0[id] } }
    return Place(
      frame: analysis.frameOfNode[id],
      conditions: analysis.conditions(of: .init(node: id, index: output.index)))
  }

  func add(_ operation: Operation, _ place: Place) {
    added.withLock { $0[operation.id] = place }
  }
}
