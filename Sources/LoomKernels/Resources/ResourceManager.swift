public import LoomCore
import Synchronization

/// The resources of a session (or a server), by container and name. Thread-safe.
public final class ResourceManager: Sendable {
  /// The container of resources that name none.
  public let defaultContainer: String

  private struct Key: Hashable {
    let name: String
    let type: ObjectIdentifier
  }

  private let containers = Mutex<[String: [Key: any Resource]]>([:])
  private let counter = Atomic<Int>(0)
  /// Whether something was ever added since the last ``clearAll()``, so that clearing nothing is free.
  private let isUsed = Atomic<Bool>(false)
  private let removals = Atomic<Int>(0)

  /// Changes whenever resources are removed: what a kernel remembers from before may be gone.
  public var generation: Int { removals.load(ordering: .acquiring) }

  private func countRemoval() { removals.add(1, ordering: .releasing) }

  public init(defaultContainer: String = "localhost") { self.defaultContainer = defaultContainer }

  private func resolved(_ container: String) -> String {
    container.isEmpty ? defaultContainer : container
  }

  /// The resource of that name and type.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is none.
  public func find<R: Resource>(
    _ type: R.Type, container: String, name: String
  ) throws(StatusError) -> R {
    let container = resolved(container)
    let key = Key(name: name, type: ObjectIdentifier(type))
    guard let found = containers.withLock({ $0[container]?[key] }) as? R else {
      throw .notFound(
        "Resource \(container)/\(name)/\(type) does not exist. "
          + "(Could not find resource: \(container)/\(name))")
    }
    return found
  }

  /// The resource of that name and type, made if there is none. `make` runs under the lock: keep it
  /// short and free of look-ups.
  public func findOrMake<R: Resource>(
    _ type: R.Type, container: String, name: String, _ make: () throws(StatusError) -> R
  ) throws(StatusError) -> R {
    let container = resolved(container)
    let key = Key(name: name, type: ObjectIdentifier(type))
    return try containers.withLock { (containers) throws(StatusError) -> R in
      if let found = containers[container]?[key] as? R { return found }
      let made = try make()
      containers[container, default: [:]][key] = made
      isUsed.store(true, ordering: .releasing)
      return made
    }
  }

  /// Removes a resource; those who hold it keep it alive.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is none.
  public func remove<R: Resource>(
    _ type: R.Type, container: String, name: String
  ) throws(StatusError) {
    let container = resolved(container)
    let key = Key(name: name, type: ObjectIdentifier(type))
    guard containers.withLock({ $0[container]?.removeValue(forKey: key) }) != nil else {
      throw .notFound("Resource \(container)/\(name)/\(type) does not exist.")
    }
    countRemoval()
  }

  /// Removes every resource of that name, whatever its type.
  public func removeAll(named name: String, container: String) -> Bool {
    let container = resolved(container)
    defer { countRemoval() }
    return containers.withLock { containers in
      let keys = containers[container]?.keys.filter { $0.name == name } ?? []
      for key in keys { containers[container]?[key] = nil }
      return !keys.isEmpty
    }
  }

  /// Empties a container; an unknown one is empty already.
  public func clear(container: String) {
    // Resources are released outside the lock: their deinits may take time.
    let removed = containers.withLock { $0.removeValue(forKey: resolved(container)) }
    countRemoval()
    _ = removed
  }

  public func clearAll() {
    guard isUsed.load(ordering: .acquiring) else { return }
    let removed = containers.withLock { containers in
      isUsed.store(false, ordering: .relaxed)
      defer { containers = [:] }
      return containers
    }
    countRemoval()
    _ = removed
  }

  /// All resources with their container, for people.
  public var all: [(container: String, name: String, resource: any Resource)] {
    containers.withLock { containers in
      containers.flatMap { container, entries in
        entries.map { (container, $0.key.name, $0.value) }
      }
    }
  }

  /// A number no other caller gets, for names of anonymous resources.
  public func nextNumber() -> Int { counter.add(1, ordering: .relaxed).oldValue }
}
