import LoomRuntime
import Synchronization
import Testing
import Weirloom

/// What people are told of a run that waits for long.
@Suite struct WaitWarningTests {
  private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func append(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  @Test func `the warning names the queue, its size and who else waits`() throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(capacity: 8, of: Int32.self, shapes: [[]], name: "input")
    let enqueue = try queue.enqueueMany(graph.numbers(1, 2, 3))
    let many = try queue.dequeueMany(5, name: "batch")
    let lines = Lines()
    var configuration = SessionConfiguration()
    configuration.waitWarningLimit = .milliseconds(2)
    let session = try Session(
      graph: graph, configuration: configuration, log: PlacementLog { lines.append($0) })
    try session.run(enqueue)
    #expect(lines.all.isEmpty)
    expectStatus(.deadlineExceeded) { try session.run(many, options: .briefly) }
    let line = try #require(lines.all.first)
    #expect(
      line.contains(
        "batch (dequeue of 5 (3 are out) from FIFOQueue '_0_input': 0 of 8 elements; no enqueue is "
          + "running; dequeues waiting: 1; elements that came in so far: 3)"), "\(line)")
  }

  @Test func `an enqueue that waits is named too`() throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(capacity: 2, of: Int32.self, shapes: [[]], name: "input")
    let enqueue = try queue.enqueueMany(graph.numbers(1, 2, 3), name: "fill")
    let lines = Lines()
    var configuration = SessionConfiguration()
    configuration.waitWarningLimit = .milliseconds(2)
    let session = try Session(
      graph: graph, configuration: configuration, log: PlacementLog { lines.append($0) })
    expectStatus(.deadlineExceeded) { try session.run(enqueue, options: .briefly) }
    let line = try #require(lines.all.first)
    #expect(
      line.contains(
        "fill (enqueue (2 of 3 are in) to FIFOQueue '_0_input': 2 of 2 elements; enqueues "
          + "running and waiting: 1;"), "\(line)")
  }
}
