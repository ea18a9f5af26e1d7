/// Chooses the `capacity` best of a row of indices with a bounded heap.
///
/// The steps are those of the textbook heap functions of C++ (sift the hole down, then the element
/// up), because with NaN in the row, where no order is total, the steps decide the result.
struct TopSelection {
  let capacity: Int
  /// The chosen indices after ``select(width:sorted:_:)``.
  private(set) var chosen: [Int] = []

  init(capacity: Int) {
    self.capacity = capacity
    chosen.reserveCapacity(capacity + 1)
  }

  /// - Parameter isBetter: Whether the first index ranks before the second; ties broken by index.
  mutating func select(width: Int, sorted: Bool, _ isBetter: (Int, Int) -> Bool) {
    chosen.removeAll(keepingCapacity: true)
    if capacity == 0 { return }
    if capacity == width {
      chosen.append(contentsOf: 0..<width)
      chosen.sort(by: isBetter)
      return
    }
    var isHeap = false
    for index in 0..<width {
      if !isHeap {
        chosen.append(index)
        if chosen.count == capacity + 1 {
          makeHeap(isBetter)
          popHeap(chosen.count, isBetter)
          isHeap = true
        }
      } else if isBetter(index, chosen[0]) {
        chosen[capacity] = index
        popHeap(capacity + 1, isBetter)
      }
    }
    chosen.removeLast(chosen.count - capacity)
    if sorted {
      var end = capacity
      while end > 1 {
        popHeap(end, isBetter)
        end -= 1
      }
    }
  }

  // The heap's root is the worst: each parent does not rank before its children.
  private mutating func siftDown(
    _ start: Int, _ count: Int, _ value: Int, _ isBetter: (Int, Int) -> Bool
  ) {
    var hole = start
    var child = hole
    while child < (count - 1) / 2 {
      child = 2 * (child + 1)
      if isBetter(chosen[child], chosen[child - 1]) { child -= 1 }
      chosen[hole] = chosen[child]
      hole = child
    }
    if count & 1 == 0, child == (count - 2) / 2 {
      child = 2 * (child + 1)
      chosen[hole] = chosen[child - 1]
      hole = child - 1
    }
    while hole > start {
      let parent = (hole - 1) / 2
      guard isBetter(chosen[parent], value) else { break }
      chosen[hole] = chosen[parent]
      hole = parent
    }
    chosen[hole] = value
  }

  private mutating func makeHeap(_ isBetter: (Int, Int) -> Bool) {
    let count = chosen.count
    if count < 2 { return }
    for parent in (0...(count - 2) / 2).reversed() {
      siftDown(parent, count, chosen[parent], isBetter)
    }
  }

  /// Moves the worst of the first `count` to their end.
  private mutating func popHeap(_ count: Int, _ isBetter: (Int, Int) -> Bool) {
    if count < 2 { return }
    let value = chosen[count - 1]
    chosen[count - 1] = chosen[0]
    siftDown(0, count - 1, value, isBetter)
  }
}
