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

  /// The element at `index`, to be read or changed where it lies; `nil` outside of the buffer.
  subscript(index: Int) -> Element? {
    get { index >= 0 && index < count ? slots[place(index)] : nil }
    _modify {
      if index >= 0, index < count {
        yield &slots[place(index)]
      } else {
        var nothing: Element?
        yield &nothing
      }
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
    (0..<count).first { self[$0].map(predicate) ?? false }
  }
}

extension RingBuffer: Sendable where Element: Sendable {}
