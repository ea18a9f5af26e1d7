import Foundation
import Testing
import Weirloom

/// Datasets that are read at the same time.
@Suite struct ParallelInterleaveTests {
  private let graph: Graph

  /// Lets callers on only when as many have come as are awaited.
  private final class Gate: @unchecked Sendable {
    // Everything is guarded by the condition's lock.
    private let condition = NSCondition()
    private let needed: Int
    private var arrived = 0

    init(_ needed: Int) { self.needed = needed }

    /// - Returns: whether all came in time.
    func pass() -> Bool {
      condition.lock()
      defer { condition.unlock() }
      arrived += 1
      condition.broadcast()
      let deadline = Date(timeIntervalSinceNow: 30)
      while arrived < needed {
        if !condition.wait(until: deadline) { return false }
      }
      return true
    }
  }

  private func interleaved(
    _ op: String, _ numbers: [Int64], _ range: Dataset, inner: (AnyOutput) throws -> Dataset
  ) throws -> Dataset {
    var made: Dataset?
    let function = try graph.defineFunction("inner", argumentTypes: [.int64]) { _, arguments in
      let dataset = try inner(arguments[0])
      made = dataset
      return [dataset.variant]
    }
    let dataset = try #require(made)
    let inputs = try numbers.map { try graph.constant($0).erased }
    let isLegacy = op == "ParallelInterleaveDataset"
    let sloppy = try isLegacy ? [graph.constant(false).erased] : []
    let variant = try graph.addOperation(
      op, inputs: [range.variant] + inputs.prefix(2) + sloppy + inputs.dropFirst(2),
      attributes: [
        "f": .function(FunctionReference(name: function.name)), "Targuments": .list([]),
        "output_types": .types(dataset.types), "output_shapes": .shapes(dataset.shapes),
      ]
    ).output(0)
    return try Dataset(variant, types: dataset.types, shapes: dataset.shapes)
  }

  /// Cycle, block, and what further inputs each op has.
  private static let ops: [(String, [Int64])] = [
    ("ParallelInterleaveDatasetV2", [2]), ("ParallelInterleaveDatasetV3", [2]),
    ("ParallelInterleaveDatasetV4", [1, 1, 2]), ("ParallelInterleaveDataset", [1, 1]),
    ("LegacyParallelInterleaveDatasetV2", [1, 1]),
  ]

  /// Sequential reading would wait for ever: each dataset's first element waits for the other's.
  @Test(.timeLimit(.minutes(2)), arguments: ops.indices)
  func `datasets are read at the same time`(_ index: Int) throws {
    let gate = Gate(2)
    let host = try graph.hostFunction(
      [graph.constant(Int64(0)).erased], returning: [.bool], name: "gate"
    ) { _ in [try AnyTensor(scalar: gate.pass())] }
    let token = try host[0].operation.attribute("token")
    let (op, further) = Self.ops[index]
    let dataset = try interleaved(op, [2, 1] + further, Dataset.range(0, 2, in: graph)) { start in
      try Dataset.range(0, 1, in: start.graph).mapElements { element in
        [
          try element[0].graph.addOperation(
            "PyFunc", inputs: element,
            attributes: [
              "token": token, "Tin": .types([.int64]), "Tout": .types([.bool]),
            ]
          ).output(0)
        ]
      }
    }
    let next = try dataset.makeOneShotIterator().next(Bool.self)
    let session = try Session(graph: graph)
    defer { session.close() }
    #expect(try session.run(next).scalar == true)
    #expect(try session.run(next).scalar == true)
    #expect(throws: StatusError.self) { try session.run(next) }
  }

  /// What is read ahead changes nothing of the order, whether there are more datasets than threads or fewer.
  @Test(arguments: [(1, 1), (2, 1), (3, 2), (3, 8), (7, 3)])
  func `the order is that of reading one after the other`(_ cycle: Int, _ threads: Int) throws {
    for block: Int64 in 1...3 {
      let graph = Graph()
      let tests = ParallelInterleaveTests(graph)
      func ordered(_ op: String, _ further: [Int64]) throws -> [Int64] {
        let dataset = try tests.interleaved(
          op, [Int64(cycle), block] + further, Dataset.range(0, 6, in: graph)
        ) { start in
          // Datasets of 0, 1, 2 ... elements.
          let values = try start.graph.addOperation(
            "Range",
            inputs: [
              start.graph.constant(Int64(0)).erased, start, start.graph.constant(Int64(1)).erased,
            ]
          ).output(0)
          let tagged = try start.graph.addOperation(
            "AddV2",
            inputs: [
              values,
              start.graph.addOperation(
                "Mul", inputs: [start, start.graph.constant(Int64(100)).erased]
              )
              .output(0),
            ]
          ).output(0)
          return try Dataset.tensorSlices([tagged])
        }
        let next = try dataset.makeOneShotIterator().next(Int64.self)
        let session = try Session(graph: graph)
        defer { session.close() }
        var elements: [Int64] = []
        while let element = try? session.run(next).scalar { elements.append(element) }
        return elements
      }
      let sequential = try ordered("InterleaveDataset", [])
      #expect(sequential.count == 15)
      #expect(try ordered("ParallelInterleaveDatasetV2", [Int64(threads)]) == sequential)
      #expect(try ordered("ParallelInterleaveDatasetV4", [2, 2, Int64(threads)]) == sequential)
    }
  }

  private init(_ graph: Graph) { self.graph = graph }

  init() { graph = Graph() }
}
