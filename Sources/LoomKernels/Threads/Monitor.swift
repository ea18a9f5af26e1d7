#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A value behind a mutex whose changes threads can sleep for.
///
/// `Synchronization.Mutex` cannot be waited on. `@unchecked Sendable` holds because the value is
/// reached under the mutex only, and the pthread objects live at fixed addresses from init to deinit.
@safe final class Monitor<State>: @unchecked Sendable {
  /// What threads wait for; a monitor has one condition per reason to wait.
  enum Condition: Int, CaseIterable {
    case work
    case done
  }

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let conditions: UnsafeMutablePointer<pthread_cond_t>
  private let state: UnsafeMutablePointer<State>

  init(_ value: State) {
    unsafe mutex = .allocate(capacity: 1)
    unsafe conditions = .allocate(capacity: Condition.allCases.count)
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: value)
    unsafe pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    #if !canImport(Darwin)
      // Waits with a limit must not be stretched or cut by changes of the wall clock.
      unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    #endif
    for condition in Condition.allCases {
      unsafe pthread_cond_init(conditions + condition.rawValue, &attributes)
    }
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    for condition in Condition.allCases {
      unsafe pthread_cond_destroy(conditions + condition.rawValue)
    }
    unsafe pthread_mutex_destroy(mutex)
    unsafe state.deinitialize(count: 1)
    unsafe state.deallocate()
    unsafe mutex.deallocate()
    unsafe conditions.deallocate()
  }

  func withLock<Result, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return try unsafe body(&state.pointee)
  }

  /// Calls `attempt` under the lock until it returns a value, sleeping between calls until `condition`
  /// is signalled.
  func wait<Result>(for condition: Condition, until attempt: (inout State) -> Result?) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while true {
      if let result = unsafe attempt(&state.pointee) { return result }
      unsafe pthread_cond_wait(conditions + condition.rawValue, mutex)
    }
  }

  /// Calls `attempt` under the lock until it returns a value, sleeping between calls until `condition` is
  /// signalled, but not longer than `limit` says, which is asked before each sleep.
  func wait<Result>(
    for condition: Condition, atMost limit: (State) -> Duration,
    until attempt: (inout State) -> Result?
  ) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while true {
      if let result = unsafe attempt(&state.pointee) { return result }
      var end = unsafe Monitor.time(after: limit(state.pointee))
      unsafe pthread_cond_timedwait(conditions + condition.rawValue, mutex, &end)
    }
  }

  private static func time(after duration: Duration) -> timespec {
    var end = timespec()
    #if canImport(Darwin)
      unsafe clock_gettime(CLOCK_REALTIME, &end)
    #else
      unsafe clock_gettime(CLOCK_MONOTONIC, &end)
    #endif
    // A day is as good as for ever here: whoever waits looks at its clock again.
    let limit = Swift.min(Swift.max(duration, .zero), .seconds(86_400)).components
    let nanoseconds = end.tv_nsec + Int(limit.attoseconds / 1_000_000_000)
    end.tv_sec += Int(limit.seconds) + nanoseconds / 1_000_000_000
    end.tv_nsec = nanoseconds % 1_000_000_000
    return end
  }

  /// Wakes up to `count` of the threads that wait. The lock is held.
  func wake(_ count: Int = 1, waitingFor condition: Condition) {
    for _ in 0..<count { unsafe pthread_cond_signal(conditions + condition.rawValue) }
  }

  /// Wakes all threads that wait. The lock is held.
  func wakeAll(waitingFor condition: Condition) {
    unsafe pthread_cond_broadcast(conditions + condition.rawValue)
  }
}
