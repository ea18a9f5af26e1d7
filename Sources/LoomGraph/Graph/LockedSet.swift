import Synchronization

/// A set of ids that several threads may share.
final class LockedSet: Sendable {
  private let ids = Mutex(Set<Int>())

  func contains(_ id: Int) -> Bool { ids.withLock { $0.contains(id) } }
  func insert(_ id: Int) { ids.withLock { _ = $0.insert(id) } }
}
