import LoomCore
import LoomGraph
import LoomKernels
import Synchronization

/// The same elements, made ahead on a thread of their own.
enum PrefetchDataset: DatasetOp {
  static let signature = OpSignature(
    "PrefetchDataset", inputs: ["input_dataset: variant", "buffer_size: int64"],
    outputs: ["handle: variant"],
    attributes: [
      "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1", "slack_period: int = 0",
      "legacy_autotune: bool = true", "buffer_size_min: int = 0", "metadata: string = \"\"",
    ])
  static let scalarInputs = [1]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let least = try node.attributes.int("buffer_size_min")
    return DatasetMaker { context in
      let size: Int64 = try context.argument(1, "buffer_size")
      guard size >= -1 else {
        throw StatusError.invalidArgument(
          "buffer_size must be >= 0 or set buffer_size to be -1 for auto-tuning")
      }
      let input = try context.dataset(0)
      // A buffer without room hands elements through.
      if size == 0 { return input }
      let limit = size == -1 ? max(Prefetched.automaticSize, least) : Int(size)
      return Prefetched(input: input, limit: limit)
    }
  }
}

struct Prefetched: DatasetValue {
  /// How many elements are made ahead where the choice is left to us.
  static let automaticSize = 8

  let input: any DatasetValue
  let limit: Int

  var elements: ElementSpecification { input.elements }
  var cardinality: Cardinality { input.cardinality }
  var inputs: [any DatasetValue] { [input] }
  var mayWait: Bool { true }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let limit = self.limit
    return PrefetchIterator(
      PrefetchBuffer(try input.makeIterator(services), limit: limit, services.background()))
  }
}

/// Takes elements out of a buffer that another thread fills.
final class PrefetchIterator: BufferingIterator {
  private let buffer: PrefetchBuffer
  private var isStarted = false

  init(_ buffer: PrefetchBuffer) { self.buffer = buffer }

  deinit { buffer.close() }

  func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
    try start()
    return try buffer.next(services)
  }

  func attempt(_ services: StepServices) throws(StatusError) -> Attempt {
    try start()
    return try buffer.attempt()
  }

  /// Begins to fill the buffer, if that was not begun yet.
  func start() throws(StatusError) {
    guard !isStarted else { return }
    let buffer = self.buffer
    try ThreadCache.shared.run { buffer.fill() }
    isStarted = true
  }
}

/// Elements made ahead: one thread fills it, one reader at a time empties it.
final class PrefetchBuffer: Sendable {
  private struct State {
    var ready: [Result<[AnyTensor]?, StatusError>] = []
    /// The first of `ready` that was not read.
    var head = 0
    var isAtEnd = false

    var count: Int { ready.count - head }

    mutating func pop() -> Result<[AnyTensor]?, StatusError>? {
      guard head < ready.count else { return isAtEnd ? .success(nil) : nil }
      let first = ready[head]
      ready[head] = .success(nil)
      head += 1
      // The gap in front never grows beyond what there is behind it.
      if head * 2 >= ready.count {
        ready.removeFirst(head)
        head = 0
      }
      return first
    }
  }

  private let source: Mutex<any DatasetIterator>
  private let limit: Int
  private let state = Mutex(State())
  private let services: StepServices
  /// Signalled when there is something to read.
  private let filled = StepWakeup()
  /// Signalled when there is room.
  private let emptied = StepWakeup()

  init(_ source: sending any DatasetIterator, limit: Int, _ services: StepServices) {
    self.source = Mutex(source)
    self.limit = limit
    self.services = services
  }

  /// Makes elements until the end, or until ``close()``.
  func fill() {
    while true {
      let seen = emptied.count
      if state.withLock({ $0.count >= limit }) {
        emptied.wait(after: seen, cancellation: services.cancellation)
      }
      if services.cancellation.isCancelled { return }
      if state.withLock({ $0.count >= limit }) { continue }
      let result = source.withLock {
        (source: inout sending any DatasetIterator) -> Result<[AnyTensor]?, StatusError> in
        do throws(StatusError) { return .success(try source.next(services)) } catch {
          return .failure(error)
        }
      }
      let isAtEnd = if case .success(nil) = result { true } else { false }
      state.withLock { state in
        if isAtEnd { state.isAtEnd = true } else { state.ready.append(result) }
      }
      filled.signal()
      if isAtEnd { return }
    }
  }

  /// The next element; waits for it.
  func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
    while true {
      let seen = filled.count
      if case .ready(let element) = try attempt() { return element }
      filled.wait(after: seen, cancellation: services.cancellation)
      try services.cancellation.check()
    }
  }

  /// The next element if there is one.
  func attempt() throws(StatusError) -> Attempt {
    guard let result = state.withLock({ $0.pop() }) else { return .wouldWait }
    emptied.signal()
    return .ready(try result.get())
  }

  /// Ends ``fill()``, wherever it is.
  func close() {
    services.cancellation.cancel(StatusError(.cancelled, "The iterator was released."))
  }
}
