import Foundation
import LoomTestSupport
import Testing
import Weirloom

/// Our cuts of graphs against those that `Scripts/record-partitions.py` recorded of TensorFlow's.
@Suite struct PartitionTests {
  // DST-033, DST-034
  @Test(arguments: [
    "there_and_back", "end", "outputs", "branch", "loop", "loop_elsewhere", "nested",
  ])
  func `graphs are cut where TensorFlow cuts them`(_ name: String) throws {
    let graph = Graph()
    try graph.importDefinition(
      GraphDefinition(contentsOf: Fixtures.path("partitions/\(name).pb")), name: nil)
    var configuration = SessionConfiguration()
    configuration.deviceCount = ["CPU": 3]
    configuration.graph.optimizer.level = .none
    configuration.graph.rewriting.disablesMetaOptimizer = true
    var options = RunOptions()
    options.outputsPartitionGraphs = true
    let (_, metadata) = try Session(graph: graph, configuration: configuration).traced(
      graph.operation(named: "y").output(0),
      feeding: graph.operation(named: "x").output(0).feed(AnyTensor(scalar: Float(1.5))),
      options: options)

    let own = Set(graph.operations.map(\.name))
    var lines: [String] = []
    var sent: [String] = []
    var received: [String] = []
    for node in metadata.partitionGraphs.flatMap(\.nodes) {
      let device = PartitionTests.short(node.device)
      if own.contains(node.name) { lines.append("node\t\(node.name)\t\(device)") }
      guard node.op == "_Send" || node.op == "_Recv" else { continue }
      let (source, destination) = (text(node, "send_device"), text(node, "recv_device"))
      let exchange = "\(text(node, "tensor_name")) from \(source) to \(destination)"
      guard node.op == "_Send" else {
        #expect(destination == node.device)
        received.append(exchange)
        continue
      }
      #expect(source == node.device)
      sent.append(exchange)
      // `edge_NUMBER_TENSOR`
      let parts = text(node, "tensor_name")
        .split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
      let tensor = parts.last ?? ""
      let type = if case .type(let type)? = node.attributes["T"] { type.name } else { "" }
      lines.append("edge\t\(tensor)\t\(device)\t\(PartitionTests.short(destination))\t\(type)")
    }
    // Each receiver has its sender, and each pair a name of its own.
    #expect(sent.sorted() == received.sorted())
    #expect(Set(sent).count == sent.count)
    let expected = try String(
      contentsOfFile: Fixtures.path("partitions/\(name).tsv"), encoding: .utf8
    ).split(separator: "\n").map(String.init)
    #expect(lines.sorted() == expected.sorted())
  }

  private func text(_ node: NodeDefinition, _ attribute: String) -> String {
    if case .string(let text)? = node.attributes[attribute] { text.string } else { "" }
  }

  /// `CPU:1`, of a device's full name.
  private static func short(_ device: String) -> String {
    device.firstRange(of: "CPU:").map { String(device[$0.lowerBound...]) } ?? device
  }
}
