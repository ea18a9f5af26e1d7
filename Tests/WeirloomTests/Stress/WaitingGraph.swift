import Testing
import Weirloom

/// Operations that wait for ever, each counted when its step gets so far.
struct WaitingGraph {
  let graph: Graph
  /// Fills the queue that ``enqueue()`` waits for.
  let fill: Weirloom.Operation
  private let key: String
  private let full: Queue<Int32>
  private let empty: Queue<Int32>

  /// - Parameter key: what `Tally` counts under.
  init(_ graph: Graph, _ key: String) throws {
    self.graph = graph
    self.key = key
    empty = try graph.fifoQueue(capacity: 1, of: Int32.self, shapes: [[]])
    full = try graph.fifoQueue(capacity: 1, of: Int32.self, shapes: [[]])
    fill = try full.enqueue(graph.constant(Int32(0)))
  }

  /// What `body` makes, run after the count.
  private func counted<R>(_ body: () throws -> R) throws -> R {
    let count = try graph.count(key, name: graph.uniqueName("count"))
    return try graph.withControlDependencies(on: [count.operation]) { () throws(StatusError) in
      do { return try body() } catch { throw StatusError.wrapping(error) }
    }
  }

  func dequeue() throws -> Output<Int32> { try counted { try empty.dequeue() } }

  func enqueue() throws -> Weirloom.Operation {
    let one = try graph.constant(Int32(1))
    return try counted { try full.enqueue(one) }
  }

  /// A loop whose body waits.
  func loop() throws -> Output<Int32> {
    let start = try counted { try identity(graph.constant(Int32(0))) }
    return try whileLoop(loopVariable: start) {
      try less($0, 5)
    } body: { value in
      let taken = try graph.withControlDependencies(on: [value.operation]) {
        () throws(StatusError) in try empty.dequeue()
      }
      return try value + taken
    }
  }

  /// A loop of frames that goes round for ever.
  func endlessFrames() throws -> Output<Int32> {
    let start = try counted { try identity(graph.constant(Int32(0))) }
    return try whileLoop(loopVariable: start) {
      try less($0, 5)
    } body: {
      try identity($0 * 1)
    }
  }

  /// A loop of functions that goes round for ever.
  func endlessFunctions() throws -> AnyOutput {
    let start = try counted { try identity(graph.constant(Int32(0))) }
    let condition = try graph.defineFunction("always", argumentTypes: [.int32]) { body, arguments in
      [try less(Output<Int32>(arguments[0]), body.constant(Int32(5))).erased]
    }
    let body = try graph.defineFunction("stay", argumentTypes: [.int32]) { _, arguments in
      [try (Output<Int32>(arguments[0]) * 1).erased]
    }
    return try functionalWhile(loopVariables: [start.erased], condition: condition, body: body)[0]
  }

  func unstage() throws -> Output<Int32> {
    let area = try graph.stagingArea(key, of: Int32.self)
    return try counted { try area.get() }
  }

  /// The element of a dataset that waits for a queue.
  func element() throws -> Output<Int32> {
    let queue = empty
    let dataset = try Dataset.range(0, 10, in: graph)
      .mapElements(capturing: [queue.erased.handle]) { arguments in
        try AnyQueue(handle: arguments[1], types: [.int32], shapes: [[]]).dequeue()
      }.prefetched(1)
    let iterator = try dataset.makeOneShotIterator()
    return try counted { try iterator.next(Int32.self) }
  }

  /// A fetch that waits, of a step that is fed in pieces.
  func piece() throws -> (Output<Int32>, Output<Int32>) {
    let x = try graph.placeholder(Int32.self, shape: .scalar)
    let fed = try identity(x)
    return (
      x,
      try graph.withControlDependencies(on: [fed.operation]) {
        () throws(StatusError) in
        do { return try dequeue() } catch { throw StatusError.wrapping(error) }
      }
    )
  }
}
