import LoomCore
import LoomKernels
import Synchronization

/// The place of a step's request in a ``WaitingRoom``.
final class WaitingTicket<State: Sendable>: Suspension {
  typealias Outcome = Result<any WaitingRequest<State>, StatusError>

  private let room: WaitingRoom<State>
  private let wakeup: StepWakeup
  private let outcome = Mutex<Outcome?>(nil)

  init(room: WaitingRoom<State>, wakeup: StepWakeup) {
    self.room = room
    self.wakeup = wakeup
  }

  /// The request is done or has failed. Called under the room's lock; ``signal()`` follows without it.
  func finish(_ result: Outcome) { outcome.withLock { $0 = result } }

  func signal() { wakeup.signal() }

  /// The outcome, once.
  func take() -> Outcome? { outcome.withLock { $0.take() } }

  func resume(_ context: borrowing KernelContext) throws(StatusError) -> Bool {
    guard let outcome = take() else { return false }
    try room.deliver(outcome.get(), to: context)
    return true
  }

  func cancel() { room.cancel(self) }

  var summary: String { room.summary(self) }
}
