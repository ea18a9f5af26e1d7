import LoomCore

/// A sequence of places of which some hold a value. Memory is had only for those between the first and the
/// last that were ever set, so that asking for many places costs nothing.
///
/// Setting, adding and removing take constant time (amortised); three words.
struct LazySlots<Value: Sendable>: Sendable {
  private var stored: [Value?] = []
  /// The index of the first stored place.
  private var start: Int32 = 0
  private var length: Int32 = 0

  /// The most places there may be: sizes are 32-bit integers.
  static var maximumCount: Int { Int(Int32.max) }

  /// Places that one change may add memory for without a value in each.
  private static var largestGap: Int { 1 << 22 }

  init(count: Int = 0) { length = Int32(clamping: Swift.max(count, 0)) }

  init(_ values: [Value?]) {
    stored = values
    length = Int32(clamping: values.count)
  }

  var count: Int { Int(length) }

  /// The value at `index`; `nil` if there is none.
  subscript(index: Int) -> Value? {
    let place = index &- Int(start)
    return place >= 0 && place < stored.count ? stored[place] : nil
  }

  func forEachSet<E: Error>(_ body: (Int, Value) throws(E) -> Void) throws(E) {
    for place in stored.indices {
      if let value = stored[place] { try body(place &+ Int(start), value) }
    }
  }

  /// Sets or empties the place at `index`.
  ///
  /// - Throws: ``StatusError/Code/internal`` outside of `0 ..< count`;
  ///   ``StatusError/Code/resourceExhausted`` if that takes memory for too many empty places.
  mutating func set(_ index: Int, to value: consuming Value?) throws(StatusError) {
    guard index >= 0, index < count else {
      throw .internal("There is no place \(index) in a list of \(count)")
    }
    let place = index &- Int(start)
    if place >= 0, place < stored.count {
      stored[place] = value
      return
    }
    if value == nil { return }
    try makePlace(for: index)
    stored[index &- Int(start)] = value
  }

  /// Empties the place at `index` and returns what it held.
  mutating func take(_ index: Int) -> Value? {
    let place = index &- Int(start)
    guard place >= 0, place < stored.count else { return nil }
    return stored[place].take()
  }

  /// Extends the memory to `index`: twice as far towards the front, as arrays do towards the end.
  private mutating func makePlace(for index: Int) throws(StatusError) {
    if stored.isEmpty {
      start = Int32(clamping: index)
      stored.append(nil)
    } else if index < Int(start) {
      let front = Swift.max(0, Swift.min(index, Int(start) - stored.count))
      try checkGap(Int(start) - front)
      stored.insert(contentsOf: repeatElement(nil, count: Int(start) - front), at: 0)
      start = Int32(clamping: front)
    } else {
      let missing = index &+ 1 &- Int(start) &- stored.count
      try checkGap(missing)
      stored.append(contentsOf: repeatElement(nil, count: missing))
    }
  }

  private func checkGap(_ size: Int) throws(StatusError) {
    guard size <= Swift.max(Self.largestGap, stored.count) else {
      throw .resourceExhausted("OOM when extending a list of tensors by \(size) elements")
    }
  }

  /// Adds a place at the end.
  mutating func append(_ value: consuming Value?) throws(StatusError) {
    try grow(by: 1)
    try set(count - 1, to: value)
  }

  /// Adds all places of another sequence at the end.
  mutating func append(contentsOf other: LazySlots) throws(StatusError) {
    let before = count
    try grow(by: other.count)
    try other.forEachSet { (index, value) throws(StatusError) in
      try set(before + index, to: value)
    }
  }

  private mutating func grow(by size: Int) throws(StatusError) {
    guard let total = Checked.add(count, size), total <= Self.maximumCount else {
      throw .resourceExhausted("A list of tensors cannot have more than \(Self.maximumCount)")
    }
    length = Int32(clamping: total)
  }

  /// Takes the last place away; returns its value.
  mutating func removeLast() -> Value? {
    guard length > 0 else { return nil }
    length -= 1
    guard Int(start) + stored.count > count else { return nil }
    return stored.popLast() ?? nil
  }

  /// Cuts off behind `count` places or adds empty ones.
  mutating func resize(to count: Int) {
    length = Int32(clamping: Swift.max(count, 0))
    let kept = Swift.max(0, self.count - Int(start))
    if stored.count > kept { stored.removeLast(stored.count - kept) }
  }
}
