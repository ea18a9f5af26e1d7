import LoomCore
import LoomKernels

/// The intersection of two boxes over their union; 0 if either has no area.
func intersectionOverUnion(_ boxes: [Float], _ i: Int, _ j: Int) -> Float {
  func edges(_ box: Int, _ axis: Int) -> (Float, Float) {
    let (a, b) = (boxes[box * 4 + axis], boxes[box * 4 + axis + 2])
    return (Swift.min(a, b), Swift.max(a, b))
  }
  let (top, bottom) = edges(i, 0)
  let (left, right) = edges(i, 1)
  let (otherTop, otherBottom) = edges(j, 0)
  let (otherLeft, otherRight) = edges(j, 1)
  let area = (bottom - top) * (right - left)
  let otherArea = (otherBottom - otherTop) * (otherRight - otherLeft)
  if area <= 0 || otherArea <= 0 { return 0 }
  let height = Swift.max(Swift.min(bottom, otherBottom) - Swift.max(top, otherTop), 0)
  let width = Swift.max(Swift.min(right, otherRight) - Swift.max(left, otherLeft), 0)
  let intersection = height * width
  return intersection / (area + otherArea - intersection)
}

/// A scalar input as Float.
func suppressionScalar(
  _ context: borrowing KernelContext, _ index: Int, _ name: String
) throws(StatusError) -> Float {
  let tensor = try context.input(index)
  guard tensor.shape.isScalar else {
    throw .invalidArgument("\(name) must be 0-D, got shape \(tensor.shape)")
  }
  return try Widening.real(tensor).element(0, of: Float.self)
}

/// Boxes (or their overlaps), scores and the number of boxes wanted: inputs 0, 1 and 2.
struct SuppressionInputs {
  private let boxes: [Float]
  private let scores: [Float]
  private let limit: Int
  private let hasOverlaps: Bool

  init(
    _ context: borrowing KernelContext, givenOverlaps: Bool = false
  ) throws(StatusError) {
    let (boxes, scores) = (try context.input(0), try context.input(1))
    let size = try context.input(2)
    hasOverlaps = givenOverlaps
    guard size.shape.isScalar else {
      throw .invalidArgument("max_output_size must be 0-D, got shape \(size.shape)")
    }
    limit = try size.integers()[0]
    guard limit >= 0 else { throw .invalidArgument("output size must be non-negative") }
    guard boxes.shape.rank == 2 else {
      throw .invalidArgument(
        "\(givenOverlaps ? "overlaps" : "boxes") must be 2-D, got shape \(boxes.shape)")
    }
    if givenOverlaps {
      guard boxes.shape[0] == boxes.shape[1] else {
        throw .invalidArgument("overlaps must be square, got shape \(boxes.shape)")
      }
    } else {
      guard boxes.shape[1] == 4 else {
        throw .invalidArgument("boxes must have 4 columns, got shape \(boxes.shape)")
      }
    }
    guard scores.shape.rank == 1 else {
      throw .invalidArgument("scores must be 1-D, got shape \(scores.shape)")
    }
    guard scores.elementCount == boxes.shape[0] else {
      throw .invalidArgument("scores has incompatible shape")
    }
    self.boxes = try Widening.real(boxes).scalars(of: Float.self)
    self.scores = try Widening.real(scores).scalars(of: Float.self)
  }

  /// Repeats `value` up to the number of boxes wanted.
  func pad<Element>(
    _ values: inout [Element], with value: Element, _ context: borrowing KernelContext
  ) throws(StatusError) {
    // The memory of the output is asked for first: the number comes from a tensor.
    _ = try AnyTensor.uninitialized(
      dtype: .float, shape: Shape(vector: limit), budget: context.budget)
    values += [Element](repeating: value, count: Swift.max(limit - values.count, 0))
  }

  private struct Candidate {
    let index: Int
    var score: Float
    /// Picked boxes that it was compared with already.
    var compared = 0

    func precedes(_ other: Candidate) -> Bool {
      score == other.score ? index < other.index : score > other.score
    }
  }

  /// Picks boxes, best score first.
  ///
  /// - Parameters:
  ///   - overlap: Boxes that overlap a picked one by more are dropped, unless scores are lowered.
  ///   - score: Boxes of no higher score are passed over.
  ///   - sigma: If positive, overlapping boxes lose score, by `exp(-overlap² / 2 sigma)`.
  func select(
    overlap threshold: Float, score lowest: Float = -.greatestFiniteMagnitude, sigma: Float = 0
  ) throws(StatusError) -> (indices: [Int], scores: [Float]) {
    var queue = PriorityQueue<Candidate> { $0.precedes($1) }
    for (index, score) in scores.enumerated() where score > lowest {
      queue.push(Candidate(index: index, score: score))
    }
    let factor = sigma > 0 ? -0.5 / sigma : 0
    var picked: [Int] = []
    var pickedScores: [Float] = []
    while picked.count < limit, var next = queue.pop() {
      let original = next.score
      var isDropped = false
      // Neighbours tend to have similar scores: the last picked are looked at first.
      for other in picked[next.compared...].reversed() {
        let overlap =
          hasOverlaps
          ? boxes[next.index * scores.count + other]
          : intersectionOverUnion(boxes, next.index, other)
        if sigma == 0 {
          if overlap > threshold {
            isDropped = true
            break
          }
        } else {
          next.score *= Float.exp(factor * overlap * overlap)
          if next.score <= lowest { break }
        }
      }
      next.compared = picked.count
      if isDropped { continue }
      if next.score == original {
        picked.append(next.index)
        pickedScores.append(next.score)
      } else if next.score > lowest {
        queue.push(next)
      }
    }
    return (picked, pickedScores)
  }
}

/// A binary heap.
private struct PriorityQueue<Element> {
  private var elements: [Element] = []
  private let precedes: (Element, Element) -> Bool

  init(_ precedes: @escaping (Element, Element) -> Bool) { self.precedes = precedes }

  mutating func push(_ element: Element) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard precedes(elements[child], elements[parent]) else { return }
      elements.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> Element? {
    guard let first = elements.first, let last = elements.popLast() else { return nil }
    if elements.isEmpty { return first }
    elements[0] = last
    var parent = 0
    while true {
      var best = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < elements.count {
        if precedes(elements[child], elements[best]) { best = child }
      }
      if best == parent { return first }
      elements.swapAt(best, parent)
      parent = best
    }
  }
}
