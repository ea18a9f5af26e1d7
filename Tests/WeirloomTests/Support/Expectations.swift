import Foundation
import Synchronization
import Testing
import Weirloom

/// Expects `body` to fail with a code, a piece of its message, and the node it belongs to.
@discardableResult
func expectStatus<R>(
  _ code: StatusError.Code, _ text: String = "", node: String? = nil,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> R
) -> StatusError? {
  do {
    _ = try body()
    Issue.record("Expected \(code), got no error", sourceLocation: sourceLocation)
    return nil
  } catch {
    return check(error, code, text, node, sourceLocation)
  }
}

/// Expects `body` to fail with a code, a piece of its message, and the node it belongs to.
@discardableResult
func expectStatus<R>(
  _ code: StatusError.Code, _ text: String = "", node: String? = nil,
  isolation: isolated (any Actor)? = #isolation,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> R
) async -> StatusError? {
  do {
    _ = try await body()
    Issue.record("Expected \(code), got no error", sourceLocation: sourceLocation)
    return nil
  } catch {
    return check(error, code, text, node, sourceLocation)
  }
}

private func check(
  _ error: any Error, _ code: StatusError.Code, _ text: String, _ node: String?,
  _ sourceLocation: SourceLocation
) -> StatusError? {
  guard let status = error as? StatusError else {
    Issue.record("Expected a StatusError, got \(error)", sourceLocation: sourceLocation)
    return nil
  }
  #expect(status.code == code, "\(status)", sourceLocation: sourceLocation)
  if !text.isEmpty {
    #expect(status.message.contains(text), "\(status)", sourceLocation: sourceLocation)
  }
  if let node { #expect(status.node?.name == node, "\(status)", sourceLocation: sourceLocation) }
  return status
}

/// Runs `body` on a thread of its own.
final class OnThread<R: Sendable>: Sendable {
  private let outcome = Mutex<Result<R, any Error>?>(nil)
  private let done = DispatchSemaphore(value: 0)

  init(_ body: @escaping @Sendable () throws -> R) {
    let thread = Thread { [self] in
      let result = Result { try body() }
      outcome.withLock { $0 = result }
      done.signal()
    }
    thread.start()
  }

  /// Waits for the thread, thirty seconds at most.
  func value() throws -> R {
    guard done.wait(timeout: .now() + 30) == .success else {
      throw StatusError(.deadlineExceeded, "The test's thread did not end")
    }
    done.signal()
    guard let result = outcome.withLock({ $0 }) else {
      throw StatusError(.internal, "The test's thread gave nothing")
    }
    return try result.get()
  }
}

/// How long `body` takes.
func elapsed(_ body: () throws -> Void) rethrows -> Duration {
  try ContinuousClock().measure(body)
}
