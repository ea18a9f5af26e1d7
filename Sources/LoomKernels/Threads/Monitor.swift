#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A mutex with condition variables, for threads that sleep until there is something to do.
///
/// `Synchronization.Mutex` cannot be waited on. `@unchecked Sendable` holds because the pthread objects
/// live at fixed addresses from init to deinit and are made for use by several threads.
@safe final class Monitor: @unchecked Sendable {
  /// Someone threads wait for; a monitor has one condition per reason to wait.
  enum Condition: Int, CaseIterable {
    case work
    case done
  }

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let conditions: UnsafeMutablePointer<pthread_cond_t>

  init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe conditions = .allocate(capacity: Condition.allCases.count)
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
    unsafe mutex.deallocate()
    unsafe conditions.deallocate()
  }

  func lock() { unsafe pthread_mutex_lock(mutex) }

  func unlock() { unsafe pthread_mutex_unlock(mutex) }

  /// Sleeps until signalled; spurious returns happen. The calling thread holds the lock.
  func wait(for condition: Condition) {
    unsafe pthread_cond_wait(conditions + condition.rawValue, mutex)
  }

  /// Sleeps until signalled, but at most for `limit`; spurious returns happen. The calling thread holds
  /// the lock.
  func wait(for condition: Condition, atMost limit: Duration) {
    var end = timespec()
    #if canImport(Darwin)
      unsafe clock_gettime(CLOCK_REALTIME, &end)
    #else
      unsafe clock_gettime(CLOCK_MONOTONIC, &end)
    #endif
    // A day is as good as for ever here: whoever waits looks at its clock again.
    let (seconds, attoseconds) = Swift.min(Swift.max(limit, .zero), .seconds(86_400)).components
    let nanoseconds = end.tv_nsec + Int(attoseconds / 1_000_000_000)
    end.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
    end.tv_nsec = nanoseconds % 1_000_000_000
    unsafe pthread_cond_timedwait(conditions + condition.rawValue, mutex, &end)
  }

  func signal(_ condition: Condition) {
    unsafe pthread_cond_signal(conditions + condition.rawValue)
  }

  func broadcast(_ condition: Condition) {
    unsafe pthread_cond_broadcast(conditions + condition.rawValue)
  }
}
