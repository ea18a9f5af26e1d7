import LoomCore
import LoomGraph
import LoomKernels
import Synchronization

/// ``MapDataset`` with several calls of the function under way at once; elements keep their order.
enum ParallelMapDatasetV2: DatasetOp {
  static let signature = OpSignature(
    "ParallelMapDatasetV2",
    inputs: ["input_dataset: variant", "other_arguments: Targuments", "num_parallel_calls: int64"],
    outputs: ["handle: variant"],
    attributes: [
      "f: func", "Targuments: list(type) >= 0", "output_types: list(type) >= 1",
      "output_shapes: list(shape) >= 1", "use_inter_op_parallelism: bool = true",
      "deterministic: string = \"default\"", "preserve_cardinality: bool = false",
      "use_unbounded_threadpool: bool = false", "metadata: string = \"\"",
    ])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try parallelMap(node)
  }
}

/// The first form of ``ParallelMapDatasetV2``.
enum ParallelMapDataset: DatasetOp {
  static let signature = OpSignature(
    "ParallelMapDataset",
    inputs: ["input_dataset: variant", "other_arguments: Targuments", "num_parallel_calls: int32"],
    outputs: ["handle: variant"],
    attributes: [
      "f: func", "Targuments: list(type) >= 0", "output_types: list(type) >= 1",
      "output_shapes: list(shape) >= 1", "use_inter_op_parallelism: bool = true",
      "sloppy: bool = false", "preserve_cardinality: bool = false", "metadata: string = \"\"",
    ])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try parallelMap(node)
  }
}

private func parallelMap(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
  let body = try node.compiledFunction("f")
  let elements = try ElementSpecification(node.attributes)
  let keepsCardinality = try node.attributes.bool("preserve_cardinality")
  let captured = try node.attributes.typeCount("Targuments")
  return DatasetMaker { context in
    ParallelMapped(
      input: try context.dataset(0),
      transform: ElementTransform(
        function: try context.function(body, capturing: 1..<1 + captured),
        keepsCardinality: keepsCardinality),
      elements: elements, parallelism: try context.parallelism(1 + captured))
  }
}

extension KernelContext {
  /// The number of parallel calls that input `index` asks for; -1 leaves it to the runtime.
  func parallelism(_ index: Int) throws(StatusError) -> Int {
    let tensor = try input(index)
    guard tensor.shape.isScalar, let count = try tensor.integers().first else {
      throw .invalidArgument("num_parallel_calls must be a scalar")
    }
    guard count > 0 || count == -1 else {
      throw .invalidArgument("num_parallel_calls must be greater than zero.")
    }
    return count == -1 ? max(workers.threadCount, 1) : count
  }
}

struct ParallelMapped: DatasetValue {
  let input: any DatasetValue
  let transform: ElementTransform
  let elements: ElementSpecification
  let parallelism: Int

  var inputs: [any DatasetValue] { [input] }
  var cardinality: Cardinality { transform.cardinality(of: input) }
  var mayWait: Bool { true }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let (transform, parallelism) = (transform, parallelism)
    return Iterator(
      ParallelCalls(
        try input.makeIterator(services), transform, parallelism: parallelism,
        services.background()))
  }

  private final class Iterator: BufferingIterator {
    let calls: ParallelCalls
    var isStarted = false

    init(_ calls: ParallelCalls) { self.calls = calls }

    deinit { calls.close() }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      try start()
      return try calls.next(services)
    }

    func attempt(_ services: StepServices) throws(StatusError) -> Attempt {
      try start()
      return try calls.attempt()
    }

    private func start() throws(StatusError) {
      guard !isStarted else { return }
      isStarted = true
      try calls.start()
    }
  }
}

/// Calls of a function under way, at most `parallelism` more than were read.
final class ParallelCalls: Sendable {
  /// More threads than this do not make anything faster.
  private static let mostThreads = 64

  private struct State {
    /// What was made but not read, by number.
    var results: [Int: Result<[AnyTensor]?, StatusError>] = [:]
    var nextToRead = 0
    var isAtEnd = false
  }

  /// The input, and how many elements were taken from it.
  private struct Source {
    var iterator: any DatasetIterator
    var taken = 0
    var isAtEnd = false
  }

  private let source: Mutex<Source>
  private let transform: ElementTransform
  private let parallelism: Int
  private let services: StepServices
  private let state = Mutex(State())
  /// Signalled when there is something to read.
  private let filled = StepWakeup()
  /// Signalled when something was read.
  private let emptied = StepWakeup()

  init(
    _ iterator: sending any DatasetIterator, _ transform: ElementTransform, parallelism: Int,
    _ services: StepServices
  ) {
    source = Mutex(Source(iterator: iterator))
    self.transform = transform
    self.parallelism = parallelism
    self.services = services
  }

  /// Starts the threads that call the function; one is enough to go on.
  func start() throws(StatusError) {
    for index in 0..<min(parallelism, ParallelCalls.mostThreads) {
      do throws(StatusError) { try ThreadCache.shared.run { self.work() } } catch {
        if index == 0 { throw error }
        return
      }
    }
  }

  /// Calls the function until the end, or until ``close()``.
  private func work() {
    // Calls of other threads leave their own step resources alone.
    let services = self.services.nested()
    while let (number, element) = take(services) {
      var result = element
      if case .success(let arguments?) = element {
        do throws(StatusError) { result = .success(try transform(arguments, services)) } catch {
          result = .failure(error)
        }
      }
      let isAtEnd = if case .success(nil) = result { true } else { false }
      if isAtEnd { source.withLock { $0.isAtEnd = true } }
      state.withLock { $0.results[number] = result }
      filled.signal()
    }
  }

  /// The next element of the input with its number, when there is room for what is made of it.
  ///
  /// - Returns: `nil` at the end.
  private func take(
    _ services: StepServices
  ) -> (Int, Result<[AnyTensor]?, StatusError>)? {
    source.withLock { source -> (Int, Result<[AnyTensor]?, StatusError>)? in
      while !source.isAtEnd, !services.cancellation.isCancelled {
        let seen = emptied.count
        let (read, limit) = (state.withLock { $0.nextToRead }, parallelism)
        guard source.taken - read < limit else {
          emptied.wait(after: seen, cancellation: services.cancellation)
          continue
        }
        let number = source.taken
        source.taken += 1
        do throws(StatusError) {
          let element = try source.iterator.next(services)
          if element == nil { source.isAtEnd = true }
          return (number, .success(element))
        } catch {
          return (number, .failure(error))
        }
      }
      return nil
    }
  }

  /// The next result; waits for it.
  func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
    while true {
      let seen = filled.count
      if case .ready(let element) = try attempt() { return element }
      filled.wait(after: seen, cancellation: services.cancellation)
      try services.cancellation.check()
    }
  }

  /// The next result if there is one.
  func attempt() throws(StatusError) -> Attempt {
    let result = state.withLock { state -> Result<[AnyTensor]?, StatusError>? in
      if state.isAtEnd { return .success(nil) }
      guard let result = state.results.removeValue(forKey: state.nextToRead) else { return nil }
      state.nextToRead += 1
      if case .success(nil) = result {
        state.isAtEnd = true
        state.results = [:]
      }
      return result
    }
    guard let result else { return .wouldWait }
    emptied.signal()
    return .ready(try result.get())
  }

  /// Ends all calls.
  func close() {
    services.cancellation.cancel(StatusError(.cancelled, "The iterator was released."))
  }
}
