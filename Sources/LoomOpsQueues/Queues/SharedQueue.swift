import LoomCore
import LoomKernels

/// A queue of a session, of any kind.
final class SharedQueue: Resource {
  /// Where requests wait: those that put something in, and those that take something out.
  enum Line {
    static let enqueue = 0
    static let dequeue = 1
  }

  let specification: QueueSpecification
  let name: String
  let room: WaitingRoom<QueueState>

  init(_ specification: QueueSpecification, name: String) {
    self.specification = specification
    self.name = name
    let order: any QueueOrder =
      switch specification.kind {
      case .fifo, .padding: FIFOOrder()
      case .shuffle: ShuffledOrder(seed: specification.seed, seed2: specification.seed2)
      case .priority: PriorityOrder()
      }
    room = WaitingRoom(
      QueueState(
        kind: specification.kind.rawValue, name: name, limit: specification.limit,
        minimumAfterDequeue: specification.minimumAfterDequeue, order: order),
      lines: 2)
  }

  /// The dtype of a handle of the second generation.
  static let typeName = "N10tensorflow14QueueInterfaceE"

  var summary: String {
    let state = (try? room.read { $0.sizeText }) ?? ""
    return "\(specification.kind.rawValue) '\(name)' of \(specification.types): \(state)"
  }
}

/// What a queue holds.
struct QueueState: Sendable {
  let kind: String
  let name: String
  let limit: Int
  let minimumAfterDequeue: Int
  var order: any QueueOrder
  var isClosed = false
  /// Elements that were ever put in.
  var total = 0

  var count: Int { order.count }

  /// How many elements may leave now.
  var available: Int { isClosed ? count : Swift.max(count - minimumAfterDequeue, 0) }

  mutating func insert(_ element: QueueElement) {
    order.insert(element)
    total &+= 1
  }

  var sizeText: String {
    let capacity = limit == QueueSpecification.unlimited ? "" : " of \(limit)"
    return "\(count)\(capacity) elements\(isClosed ? ", closed" : "")"
  }

  /// `dequeue from FIFOQueue 'x': 0 of 32 elements, 2 enqueues and 1 dequeue wait, 17 elements so far`.
  func summary(_ operation: String, waiting: [Int]) -> String {
    let kept = minimumAfterDequeue > 0 ? " (\(minimumAfterDequeue) have to stay)" : ""
    let enqueues = waiting[SharedQueue.Line.enqueue]
    let running =
      enqueues == 0 ? "no enqueue is running" : "\(enqueues) enqueues are running, and wait"
    return "\(operation) \(kind) '\(name)': \(sizeText)\(kept); \(running); "
      + "\(waiting[SharedQueue.Line.dequeue]) dequeues wait; \(total) elements came in so far"
  }

  func closed() -> StatusError { StatusError(.cancelled, "\(kind) '\(name)' is closed.") }

  func insufficient(requested: Int, size: Int) -> StatusError {
    .outOfRange(
      "\(kind) '\(name)' is closed and has insufficient elements (requested \(requested), "
        + "current size \(size))")
  }
}
