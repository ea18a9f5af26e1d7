import LoomCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Sessions that threads made their default without a scope, for scripts.
package final class ThreadDefaults: Sendable {
  package static let shared = ThreadDefaults()

  private let stacks = Mutex<[ThreadID: [Session]]>([:])

  /// Which thread is running; ids are used again once a thread has ended.
  private struct ThreadID: Hashable, Sendable {
    #if canImport(Darwin)
      let value = unsafe UInt(bitPattern: pthread_self())
    #else
      let value = pthread_self()
    #endif
  }

  var top: Session? { stacks.withLock { $0[ThreadID()]?.last } }

  package func push(_ session: Session) {
    stacks.withLock { $0[ThreadID(), default: []].append(session) }
  }

  /// Takes the session off the thread's stack.
  ///
  /// - Returns: whether it was on top.
  package func remove(_ session: Session) -> Bool {
    stacks.withLock { stacks in
      let id = ThreadID()
      let wasOnTop = stacks[id]?.last === session
      stacks[id]?.removeAll { $0 === session }
      if stacks[id]?.isEmpty ?? false { stacks[id] = nil }
      return wasOnTop
    }
  }
}
