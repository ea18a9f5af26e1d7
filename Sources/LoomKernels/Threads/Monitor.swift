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
    for condition in Condition.allCases {
      unsafe pthread_cond_init(conditions + condition.rawValue, nil)
    }
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

  func signal(_ condition: Condition) {
    unsafe pthread_cond_signal(conditions + condition.rawValue)
  }

  func broadcast(_ condition: Condition) {
    unsafe pthread_cond_broadcast(conditions + condition.rawValue)
  }
}
