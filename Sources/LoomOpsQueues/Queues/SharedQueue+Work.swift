import LoomCore
import LoomKernels

extension SharedQueue: WorkQueue {
  var carriesWork: Bool { specification.types.map(\.base) == [.string] }

  func requestWork(waking wakeup: StepWakeup) -> any WorkRequest {
    QueueWorkRequest(room.enqueue(WorkDequeue(), line: Line.dequeue, wakeup: wakeup))
  }
}

/// Takes the oldest element, a work unit.
private struct WorkDequeue: WaitingRequest {
  private(set) var element: QueueElement?

  mutating func attempt(_ state: inout QueueState) throws(StatusError) -> WaitingProgress {
    if state.isClosed, state.count == 0 { throw state.insufficient(requested: 1, size: 0) }
    guard state.available > 0 else { return .none }
    element = state.order.removeNext()
    return .done
  }

  func withdraw(from state: inout QueueState) {
    if let element { state.order.giveBack([element]) }
  }

  func summary(_ state: QueueState, waiting: [Int]) -> String {
    state.summary("work from", waiting: waiting)
  }
}

private final class QueueWorkRequest: WorkRequest {
  private let ticket: WaitingTicket<QueueState>

  init(_ ticket: WaitingTicket<QueueState>) { self.ticket = ticket }

  func take() throws(StatusError) -> ByteString? {
    guard let outcome = ticket.take() else { return nil }
    guard let element = (try outcome.get() as? WorkDequeue)?.element else {
      throw .internal("A request for work came to an end without work")
    }
    let text = try element.component(0)
    guard text.elementCount == 1 else {
      throw .invalidArgument("Expected to dequeue a one-element string tensor")
    }
    return try text.element(0, of: ByteString.self)
  }

  func cancel() { ticket.cancel() }

  var summary: String { ticket.summary }
}
