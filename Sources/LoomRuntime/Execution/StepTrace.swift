package import LoomCore
import LoomGraph
import LoomKernels

/// What one node did in a traced step. Times are nanoseconds since the epoch.
package struct NodeStatistics: Sendable {
  package var name: String
  package var op: String
  package var inputNames: [String]
  package var device: String
  package var scheduled: Int64
  package var start: Int64
  package var end: Int64
  package var outputs: [Output]

  package struct Output: Sendable {
    package var slot: Int
    package var dtype: DType
    package var shape: Shape
    package var byteCount: Int
  }
}

/// Collects statistics while a step runs; used by one thread.
final class StepTrace {
  private(set) var nodes: [NodeStatistics] = []

  func now() -> Int64 { WallClock.nanoseconds() }

  func record(_ item: Region.Item, _ frame: StepFrame, start: Int64, device: String) {
    var outputs: [NodeStatistics.Output] = []
    for index in 0..<Int(item.layout.outputCount) {
      if let tensor = frame.peek(Int(item.layout.outputBase) + index) {
        outputs.append(
          .init(
            slot: index, dtype: tensor.dtype, shape: tensor.shape, byteCount: tensor.byteCount))
      }
    }
    nodes.append(
      NodeStatistics(
        name: item.node.name, op: item.node.op, inputNames: [], device: device, scheduled: start,
        start: start, end: now(), outputs: outputs))
  }
}
