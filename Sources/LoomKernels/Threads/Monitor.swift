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
    for condition in Condition.allCases {
      unsafe pthread_cond_init(conditions + condition.rawValue, nil)
    }
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

  /// Wakes up to `count` of the threads that wait. The lock is held.
  func wake(_ count: Int = 1, waitingFor condition: Condition) {
    for _ in 0..<count { unsafe pthread_cond_signal(conditions + condition.rawValue) }
  }

  /// Wakes all threads that wait. The lock is held.
  func wakeAll(waitingFor condition: Condition) {
    unsafe pthread_cond_broadcast(conditions + condition.rawValue)
  }
}
