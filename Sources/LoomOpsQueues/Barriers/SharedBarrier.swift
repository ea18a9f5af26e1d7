import LoomCore
import LoomKernels

/// Joins components that arrive one by one, under the key of their element, to whole elements.
final class SharedBarrier: Resource {
  let name: String
  let types: [DType]
  let shapes: [PartialShape]
  let room: WaitingRoom<BarrierState>
  /// What batches of whole elements are joined by: insertion number, key, components.
  let batch: QueueSpecification

  init(
    name: String, types: [DType], shapes: [PartialShape], batch: QueueSpecification
  ) {
    self.name = name
    self.types = types
    self.shapes = shapes
    self.batch = batch
    room = WaitingRoom(BarrierState(name: name))
  }

  var summary: String {
    let state = try? room.read { ($0.ready.count, $0.incomplete.count) }
    return "barrier '\(name)' with \(state?.0 ?? 0) whole and \(state?.1 ?? 0) incomplete elements"
  }
}

/// What a barrier holds.
struct BarrierState: Sendable {
  /// An element that still lacks components.
  struct Incomplete: Sendable {
    /// When its first component came.
    let number: Int64
    var components: [AnyTensor?]
  }

  let name: String
  var incomplete: [ByteString: Incomplete] = [:]
  /// Whole elements; those whose first component came first leave first.
  var ready: QueueState
  /// The number of the next insertion that brings new keys.
  var next = Int64.min
  var isClosed = false
  var cancelsInsertions = false

  init(name: String) {
    self.name = name
    ready = QueueState(
      kind: "PriorityQueue", name: name, limit: QueueSpecification.unlimited,
      minimumAfterDequeue: 0, order: PriorityOrder())
  }

  /// Sets component `index` of the elements of some keys.
  ///
  /// - Throws: ``StatusError/Code/cancelled`` if the barrier is closed and no such element waits,
  ///   ``StatusError/Code/invalidArgument`` if an element has that component already. Elements before
  ///   the faulty one keep what they got.
  mutating func insert(
    _ keys: [ByteString], _ values: [AnyTensor], component index: Int, of count: Int
  ) throws(StatusError) {
    let cancels = cancelsInsertions ? 1 : 0
    guard !isClosed || (!cancelsInsertions && (keys.isEmpty || !incomplete.isEmpty)) else {
      throw StatusError(
        .cancelled,
        "Barrier \(name) is closed.  Pending enqueues cancelled: \(cancels).  Number of new "
          + "insertions: \(keys.count).  Number of incomplete keys: \(incomplete.count).")
    }
    var bringsKeys = false
    defer {
      if bringsKeys { next &+= 1 }
      if isClosed, incomplete.isEmpty { ready.isClosed = true }
    }
    for (place, key) in keys.enumerated() {
      if incomplete[key] == nil {
        guard !isClosed else {
          throw StatusError(
            .cancelled,
            "Barrier \(name) is closed, but attempted to insert a brand new key: \(key.string).  "
              + "Pending enqueues cancelled: \(cancels).  Insertion index: \(place).  Number of "
              + "incomplete keys: \(incomplete.count).")
        }
        bringsKeys = true
        incomplete[key] = Incomplete(
          number: next, components: Array(repeating: nil, count: count))
      }
      try fill(key, values[place], component: index)
    }
  }

  private mutating func fill(
    _ key: ByteString, _ value: AnyTensor, component index: Int
  ) throws(StatusError) {
    guard incomplete[key]?.components[index] == nil else {
      throw .invalidArgument(
        "Key \(key.string) already has a value for component \(index) in barrier \(name)")
    }
    incomplete[key]?.components[index] = value
    guard let element = incomplete[key], !element.components.contains(where: { $0 == nil }) else {
      return
    }
    incomplete[key] = nil
    let head = [try AnyTensor(scalar: element.number), try AnyTensor(scalar: key)]
    ready.insert(QueueElement(head + element.components.compactMap { $0 }))
  }
}

/// Takes whole elements out of a barrier.
struct BarrierTakeRequest: WaitingRequest {
  private var request: DequeueManyRequest

  init(_ request: DequeueManyRequest) { self.request = request }

  mutating func attempt(_ state: inout BarrierState) throws(StatusError) -> WaitingProgress {
    try request.attempt(&state.ready)
  }

  func deliver(to context: borrowing KernelContext) throws(StatusError) {
    try request.deliver(to: context)
  }

  func withdraw(from state: inout BarrierState) { request.withdraw(from: &state.ready) }

  func summary(_ state: BarrierState, waiting: [Int]) -> String {
    "\(request.progressText) barrier '\(state.name)': \(state.ready.count) whole and "
      + "\(state.incomplete.count) incomplete elements; \(waiting[0]) takes wait"
  }
}
