import LoomCore
import LoomKernels

/// The elements of a queue, and the order they leave it in.
protocol QueueOrder: Sendable {
  var count: Int { get }
  mutating func insert(_ element: QueueElement)
  mutating func removeNext() -> QueueElement?
  /// Takes elements back that were removed in this order, as if they had not been.
  mutating func giveBack(_ elements: [QueueElement])
}

/// First in, first out.
struct FIFOOrder: QueueOrder {
  private var elements = RingBuffer<QueueElement>()

  var count: Int { elements.count }
  mutating func insert(_ element: QueueElement) { elements.append(element) }
  mutating func removeNext() -> QueueElement? { elements.popFirst() }
  mutating func giveBack(_ elements: [QueueElement]) {
    for element in elements.reversed() { self.elements.prepend(element) }
  }
}

/// A random element is next, in TensorFlow's order for a pair of seeds.
struct ShuffledOrder: QueueOrder {
  private var elements: [QueueElement] = []
  private var words: PhiloxWords

  init(seed: Int, seed2: Int) { words = PhiloxWords(Philox(seed: seed, seed2: seed2)) }

  var count: Int { elements.count }
  mutating func insert(_ element: QueueElement) { elements.append(element) }

  mutating func removeNext() -> QueueElement? {
    guard !elements.isEmpty else { return nil }
    // One word an element; the last element moves into the hole.
    elements.swapAt(Int(words.next()) % elements.count, elements.count - 1)
    return elements.popLast()
  }

  mutating func giveBack(_ elements: [QueueElement]) {
    self.elements.append(contentsOf: elements.reversed())
  }
}

/// The least priority, component 0, is next.
///
/// Elements of one priority leave in the order that the binary heap of the C++ library gives them
/// (`push_heap`, `pop_heap`), as TensorFlow's do.
struct PriorityOrder: QueueOrder {
  private struct Entry: Sendable {
    let priority: Int64
    let element: QueueElement
  }
  private var heap: [Entry] = []

  var count: Int { heap.count }

  mutating func insert(_ element: QueueElement) {
    // Priorities were checked when the element was offered.
    let priority = (try? element.priority) ?? 0
    heap.append(Entry(priority: priority, element: element))
    rise(heap.count - 1, Entry(priority: priority, element: element))
  }

  /// Moves larger ancestors of place `hole` down and puts `entry` above them.
  private mutating func rise(_ hole: Int, _ entry: Entry) {
    var hole = hole
    while hole > 0, heap[(hole - 1) / 2].priority > entry.priority {
      heap[hole] = heap[(hole - 1) / 2]
      hole = (hole - 1) / 2
    }
    heap[hole] = entry
  }

  mutating func removeNext() -> QueueElement? {
    guard let least = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return last.element }
    // The hole goes down to a leaf along the lesser children, then the last entry rises from there.
    let count = heap.count
    var hole = 0
    var child = 0
    while child < (count - 1) / 2 {
      child = 2 * (child + 1)
      if heap[child].priority > heap[child - 1].priority { child -= 1 }
      heap[hole] = heap[child]
      hole = child
    }
    if count % 2 == 0, child == (count - 2) / 2 {
      child = 2 * (child + 1)
      heap[hole] = heap[child - 1]
      hole = child - 1
    }
    rise(hole, last)
    return least.element
  }

  mutating func giveBack(_ elements: [QueueElement]) {
    for element in elements.reversed() { insert(element) }
  }
}

extension QueueElement {
  /// Component 0 of an element of a priority queue.
  var priority: Int64 {
    get throws(StatusError) { try tensors[0].element(row ?? 0, of: Int64.self) }
  }
}
