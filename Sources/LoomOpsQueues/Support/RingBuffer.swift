/// A queue with two ends in one array.
struct RingBuffer<Element> {
  private var slots: [Element?] = []
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  private func place(_ index: Int) -> Int {
    let place = head &+ index
    return place < slots.count ? place : place &- slots.count
  }

  /// - Precondition: `index` lies in `0 ..< count`.
  subscript(index: Int) -> Element {
    get {
      guard index >= 0, index < count, let element = slots[place(index)] else {
        preconditionFailure("Index \(index) is outside of a buffer of \(count) elements")
      }
      return element
    }
    _modify {
      // Taken out while it changes, so that it is not copied.
      guard index >= 0, index < count, var element = slots[place(index)].take() else {
        preconditionFailure("Index \(index) is outside of a buffer of \(count) elements")
      }
      defer { slots[place(index)] = element }
      yield &element
    }
  }

  private mutating func grow() {
    guard count == slots.count else { return }
    var larger: [Element?] = []
    larger.reserveCapacity(Swift.max(count * 2, 4))
    for index in 0..<count { larger.append(slots[place(index)]) }
    larger.append(contentsOf: repeatElement(nil, count: Swift.max(count, 4)))
    slots = larger
    head = 0
  }

  mutating func append(_ element: Element) {
    grow()
    slots[place(count)] = element
    count += 1
  }

  mutating func prepend(_ element: Element) {
    grow()
    head = head == 0 ? slots.count - 1 : head - 1
    slots[head] = element
    count += 1
  }

  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = slots[head].take()
    head = head + 1 == slots.count ? 0 : head + 1
    count -= 1
    return element
  }

  /// Removes an element; those behind it move up.
  mutating func remove(at index: Int) -> Element? {
    guard index >= 0, index < count else { return nil }
    if index == 0 { return popFirst() }
    let element = slots[place(index)].take()
    for next in index + 1..<count { slots.swapAt(place(next - 1), place(next)) }
    count -= 1
    return element
  }

  func firstIndex(where predicate: (Element) -> Bool) -> Int? {
    (0..<count).first { predicate(self[$0]) }
  }
}

extension RingBuffer: Sendable where Element: Sendable {}
