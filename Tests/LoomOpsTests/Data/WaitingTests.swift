import Synchronization
import Testing
import Weirloom

/// Pipelines that wait end when nobody wants their elements any more.
@Suite(.timeLimit(.minutes(1))) struct WaitingDatasetTests {
  /// A graph in which `next` gives an element of a dataset whose elements never come.
  private struct Bench {
    let signals = Signals()
    let graph: Graph
    let initializer: Operation
    let next: AnyOutput

    init(_ wrap: (Dataset) throws -> Dataset) throws {
      let key = signals.key
      graph = Graph(
        registry: try OpRegistry.standard.adding(NeverDataset.self), evaluator: ConstantFolder())
      let source = try Dataset(
        graph.addOperation("NeverDataset", attributes: ["key": .int(Int64(key))]).output(0),
        types: [.int64], shapes: [.scalar])
      let (iterator, initializer) = try wrap(source).makeInitializableIterator()
      self.initializer = initializer
      next = try iterator.next()[0]
    }
  }

  static let wrappings: [(String, @Sendable (Dataset) throws -> Dataset)] = [
    ("plain", { $0 }),
    ("prefetch", { try $0.prefetched(2) }),
    ("parallel map", { try $0.map(parallelism: 3) { (x: Output<Int64>) in x } }),
    (
      "both, batched",
      { try $0.map(parallelism: 2) { (x: Output<Int64>) in x }.prefetched().batched(2) }
    ),
    ("shuffled", { try $0.prefetched(1).shuffled(bufferSize: 3, seed: 1) }),
  ]

  @Test(arguments: 0..<wrappings.count)
  func `cancelling the task ends the step that waits for an element`(_ index: Int) async throws {
    let bench = try Bench(Self.wrappings[index].1)
    let session = try Session(graph: bench.graph)
    defer { session.close() }
    try await session.run(bench.initializer)
    let task = Task { try await session.run(bench.next) }
    await bench.signals.started()
    let start = ContinuousClock.now
    task.cancel()
    let result = await task.result
    #expect(throws: StatusError.self) { try result.get() }
    #expect(start.duration(to: .now) < .seconds(60))
    // The session goes on.
    try await session.run(bench.initializer)
  }

  @Test(arguments: 0..<wrappings.count)
  func `closing the session ends the step and lets the pipeline go`(_ index: Int) async throws {
    let bench = try Bench(Self.wrappings[index].1)
    let session = try Session(graph: bench.graph)
    try await session.run(bench.initializer)
    let task = Task { try await session.run(bench.next) }
    await bench.signals.started()
    session.close()
    do {
      _ = try await task.value
      Issue.record("The step ended well")
    } catch {
      #expect((error as? StatusError)?.code == .cancelled)
    }
    await bench.signals.gone()
  }

  @Test(arguments: 1..<wrappings.count)
  func `starting an iterator again lets the old pipeline go`(_ index: Int) async throws {
    let bench = try Bench(Self.wrappings[index].1)
    let session = try Session(graph: bench.graph)
    defer { session.close() }
    try await session.run(bench.initializer)
    let options = RunOptions(timeout: .milliseconds(50))
    do {
      _ = try await session.run(bench.next, options: options)
      Issue.record("The step ended well")
    } catch {
      #expect(error.code == .deadlineExceeded)
    }
    try await session.run(bench.initializer)
    await bench.signals.gone()
  }

  @Test func `a step whose time is up costs no element`() async throws {
    let graph = Graph(
      registry: try OpRegistry.standard.adding(GatedDataset.self), evaluator: ConstantFolder())
    let gate = Gate.make()
    let source = try Dataset(
      graph.addOperation("GatedDataset", attributes: ["key": .int(Int64(gate.key))]).output(0),
      types: [.int64], shapes: [.scalar])
    let next = try source.prefetched(1).makeOneShotIterator().next(Int64.self)
    let session = try Session(graph: graph)
    defer { session.close() }
    do {
      _ = try await session.run(next, options: RunOptions(timeout: .milliseconds(20)))
      Issue.record("The step ended well")
    } catch {
      #expect(error.code == .deadlineExceeded)
    }
    gate.open()
    #expect(try await session.run(next).scalar == 0)
    #expect(try await session.run(next).scalar == 1)
  }
}

/// What happened to the iterators of one test.
private final class Signals: Sendable {
  let key = count.add(1, ordering: .relaxed).oldValue
  private let starts: AsyncStream<Void>
  private let ends: AsyncStream<Void>
  private let startSource: AsyncStream<Void>.Continuation
  private let endSource: AsyncStream<Void>.Continuation

  private static let count = Atomic(0)
  private static let all = Mutex<[Int: Signals]>([:])

  init() {
    (starts, startSource) = AsyncStream.makeStream()
    (ends, endSource) = AsyncStream.makeStream()
    Self.all.withLock { $0[key] = self }
  }

  static func find(_ key: Int) -> Signals? { all.withLock { $0[key] } }

  func start() { startSource.yield() }
  func end() { endSource.yield() }

  /// Waits until an iterator was asked for an element.
  func started() async { for await _ in starts { return } }

  /// Waits until an iterator was let go.
  func gone() async { for await _ in ends { return } }
}

/// Elements that never come.
private enum NeverDataset: DatasetOp {
  static let signature = OpSignature(
    "NeverDataset", outputs: ["handle: variant"], attributes: ["key: int"], isStateful: true)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let key = try node.attributes.int("key")
    return DatasetMaker { _ in Never(key: key) }
  }

  private struct Never: DatasetValue {
    let key: Int
    var elements: ElementSpecification { .init(types: [.int64], shapes: [.scalar]) }
    var mayWait: Bool { true }

    func makeIterator(_ services: StepServices) -> sending any DatasetIterator { Iterator(key) }
  }

  private final class Iterator: DatasetIterator {
    let key: Int

    init(_ key: Int) { self.key = key }

    deinit { Signals.find(key)?.end() }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      Signals.find(key)?.start()
      let wakeup = StepWakeup()
      while true {
        let seen = wakeup.count
        wakeup.wait(after: seen, cancellation: services.cancellation)
        try services.cancellation.check()
      }
    }
  }
}

/// Holds elements back until it is opened.
private final class Gate: Sendable {
  let key: Int
  private let isOpen = Mutex(false)
  private let wakeup = StepWakeup()
  private static let all = Mutex<[Gate]>([])

  private init(key: Int) { self.key = key }

  static func make() -> Gate {
    all.withLock { all in
      let gate = Gate(key: all.count)
      all.append(gate)
      return gate
    }
  }

  static func find(_ key: Int) -> Gate? {
    all.withLock { $0.indices.contains(key) ? $0[key] : nil }
  }

  func open() {
    isOpen.withLock { $0 = true }
    wakeup.signal()
  }

  func pass(_ services: StepServices) throws(StatusError) {
    while true {
      let seen = wakeup.count
      if isOpen.withLock({ $0 }) { return }
      wakeup.wait(after: seen, cancellation: services.cancellation)
      try services.cancellation.check()
    }
  }
}

/// 0, 1, 2, … behind a gate.
private enum GatedDataset: DatasetOp {
  static let signature = OpSignature(
    "GatedDataset", outputs: ["handle: variant"], attributes: ["key: int"], isStateful: true)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let key = try node.attributes.int("key")
    return DatasetMaker { _ in Gated(key: key) }
  }

  private struct Gated: DatasetValue {
    let key: Int
    var elements: ElementSpecification { .init(types: [.int64], shapes: [.scalar]) }
    var mayWait: Bool { true }

    func makeIterator(_ services: StepServices) -> sending any DatasetIterator { Iterator(key) }
  }

  private final class Iterator: DatasetIterator {
    let key: Int
    var count: Int64 = 0

    init(_ key: Int) { self.key = key }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      try Gate.find(key)?.pass(services)
      defer { count += 1 }
      return [try AnyTensor(scalar: count)]
    }
  }
}
