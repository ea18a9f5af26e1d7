public import LoomCore

/// A kernel that may have to wait for something outside of its step: an element of a queue, a message,
/// the end of a function that waits itself. It never blocks the thread; the step goes on with what does
/// not depend on it.
public protocol AsyncKernel: Kernel {
  /// Starts the operation.
  ///
  /// - Returns: `nil` if it is finished, with every output set; otherwise what the step has to wait
  ///   for. Outputs are set by ``Suspension/resume(_:)`` then.
  /// - Throws: what TensorFlow's kernel would report.
  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)?
}

extension AsyncKernel {
  /// Runs the operation to its end, on the caller's thread: for callers that have nothing else to do.
  public func compute(_ context: borrowing KernelContext) throws(StatusError) {
    guard let suspension = try start(context) else { return }
    let services = context.services
    var seen = services.wakeup.count
    do throws(StatusError) {
      while try !suspension.resume(context) {
        services.wakeup.wait(after: seen, cancellation: services.cancellation)
        try services.cancellation.check()
        seen = services.wakeup.count
      }
    } catch {
      suspension.cancel()
      throw error
    }
  }
}

/// An operation under way that a step waits for. Thread-safe.
///
/// Whoever makes progress possible signals the step's ``StepServices/wakeup``; the step then calls
/// ``resume(_:)`` on a thread of its own.
public protocol Suspension: AnyObject, Sendable {
  /// Finishes the operation if it can be finished now.
  ///
  /// - Returns: whether it is finished, with every output set.
  func resume(_ context: borrowing KernelContext) throws(StatusError) -> Bool

  /// The step ends: nobody will resume. What was not done yet must not happen any more.
  func cancel()

  /// What is waited for, such as `dequeue from 'input' (0 of 32 elements)`, for people.
  var summary: String { get }
}

/// The suspension of an operation that someone else finishes: it is handed its outputs once.
public final class PendingOutputs: Suspension {
  private let outcome = ResultBox()
  private let wakeup: StepWakeup
  private let describe: @Sendable () -> String
  private let onCancel: @Sendable () -> Void

  /// - Parameters:
  ///   - wakeup: of the step that waits.
  ///   - summary: what is waited for.
  ///   - onCancel: withdraws the operation; called at most once, and not after ``finish(_:)``.
  public init(
    wakeup: StepWakeup, summary: @escaping @Sendable () -> String = { "" },
    onCancel: @escaping @Sendable () -> Void = {}
  ) {
    self.wakeup = wakeup
    describe = summary
    self.onCancel = onCancel
  }

  /// Ends the operation with these outputs or this error; only the first call counts.
  ///
  /// - Returns: whether this was the first call.
  @discardableResult
  public func finish(_ result: Result<[AnyTensor], StatusError>) -> Bool {
    guard outcome.set(result) else { return false }
    wakeup.signal()
    return true
  }

  public var isFinished: Bool { outcome.value != nil }

  public func resume(_ context: borrowing KernelContext) throws(StatusError) -> Bool {
    guard let result = outcome.value else { return false }
    try context.setOutputs(result.get())
    return true
  }

  public func cancel() {
    if outcome.set(.failure(StatusError(.cancelled, "The step was cancelled."))) { onCancel() }
  }

  public var summary: String { describe() }
}
