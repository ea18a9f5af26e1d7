package import LoomCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Threads for work that may wait: each piece gets a thread of its own at once, so that one piece can
/// wait for another. Threads that have nothing to do are kept for a while.
package final class ThreadCache: Sendable {
  package typealias Work = @Sendable () -> Void

  private struct State {
    var waiting: [Work] = []
    var idle = 0
  }
  private let state = Monitor(State())

  /// Idle threads beyond this many end at once.
  private static let idleLimit = 8
  /// How long an idle thread waits for more work.
  private static let idleTime = Duration.seconds(10)

  package init() {}

  /// The threads of everything in this process.
  package static let shared = ThreadCache()

  /// Runs `work` on a thread that does nothing else meanwhile.
  ///
  /// - Throws: ``StatusError/Code/resourceExhausted`` if the system refuses a thread.
  package func run(_ work: @escaping Work) throws(StatusError) {
    let isTaken = state.withLock { pending -> Bool in
      guard pending.idle > pending.waiting.count else { return false }
      pending.waiting.append(work)
      state.wake(waitingFor: .work)
      return true
    }
    guard !isTaken else { return }
    let first = FirstWork(work)
    try SystemThread.start { [self] in serve(first) }
  }

  /// A thread's first piece of work. What it captured is let go when it is done, not when the thread
  /// ends.
  private final class FirstWork: Sendable {
    private let work: Mutex<Work?>

    init(_ work: @escaping Work) { self.work = Mutex(work) }

    func take() -> Work? { work.withLock { $0.take() } }
  }

  private func serve(_ first: FirstWork) {
    if let work = first.take() { work() }
    while let next = nextWork() { next() }
  }

  private func nextWork() -> Work? {
    let mayWait = state.withLock { state -> Bool in
      guard state.idle < ThreadCache.idleLimit else { return false }
      state.idle += 1
      return true
    }
    guard mayWait else { return nil }
    let end = ContinuousClock.now + ThreadCache.idleTime
    enum Outcome: Sendable {
      case work(Work)
      case end
    }
    let remaining = { (_: State) in ContinuousClock.now.duration(to: end) }
    let outcome = state.wait(for: .work, atMost: remaining) { state -> Outcome? in
      if let work = state.waiting.popLast() {
        state.idle -= 1
        return .work(work)
      }
      guard ContinuousClock.now >= end else { return nil }
      state.idle -= 1
      return .end
    }
    if case .work(let work) = outcome { return work }
    return nil
  }
}

/// Starts threads.
package enum SystemThread {
  private final class Start: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Runs `body` on a new thread, which ends with it.
  ///
  /// - Throws: ``StatusError/Code/resourceExhausted`` if the system refuses a thread.
  package static func start(_ body: @escaping @Sendable () -> Void) throws(StatusError) {
    let start = unsafe Unmanaged.passRetained(Start(body))
    var thread = pthread_t()
    let status = unsafe pthread_create(
      &thread, nil,
      { argument in
        // The reference passed to pthread_create is taken over exactly once, here.
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, start.toOpaque())
    guard status == 0 else {
      unsafe start.release()
      throw .resourceExhausted("The system refused to start a thread.")
    }
    pthread_detach(thread)
  }
}
