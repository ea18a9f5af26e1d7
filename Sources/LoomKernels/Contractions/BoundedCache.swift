import Synchronization

/// Values made once per key and shared, up to a number of them.
///
/// When full, it forgets the value that was asked for least recently. Values in use live on with their
/// users.
public final class BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry {
    var value: Value
    var lastUse: UInt64
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var clock: UInt64 = 0

    mutating func find(_ key: Key) -> Value? {
      guard let index = entries.index(forKey: key) else { return nil }
      clock &+= 1
      entries.values[index].lastUse = clock
      return entries.values[index].value
    }
  }

  public let capacity: Int
  private let state = Mutex(State())

  public init(capacity: Int) { self.capacity = capacity }

  /// The value for `key`, made by `make` if it is not there. Two threads that miss at a time may both
  /// make one; they then share the first.
  public func value<Failure: Error>(
    for key: Key, make: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    if let found = state.withLock({ $0.find(key) }) { return found }
    let made = try make()
    return state.withLock { state in
      if let found = state.find(key) { return found }
      if state.entries.count >= capacity,
        let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key
      {
        state.entries[oldest] = nil
      }
      state.clock &+= 1
      state.entries[key] = Entry(value: made, lastUse: state.clock)
      return made
    }
  }

  /// How many values it holds.
  public var count: Int { state.withLock { $0.entries.count } }
}
