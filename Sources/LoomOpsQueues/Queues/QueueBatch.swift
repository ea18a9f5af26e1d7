import LoomCore
import LoomKernels

/// Joins elements of a queue to a batch.
enum QueueBatch {
  /// Sets output `index` to component `index` of all elements, one below the other; smaller ones are
  /// padded with zeros where the queue's shapes are open.
  static func join(
    _ elements: [QueueElement], _ index: Int, _ specification: QueueSpecification,
    _ context: borrowing KernelContext
  ) throws(StatusError) {
    let declared = specification.shapes[index]
    var sizes = declared.sizes?.map { $0 ?? 0 } ?? []
    var needsPadding = false
    for element in elements where !declared.isFullyDefined {
      let shape = try element.shape(index)
      for axis in sizes.indices where declared[axis] == nil {
        sizes[axis] = Swift.max(sizes[axis], shape[axis])
      }
    }
    for element in elements where !declared.isFullyDefined && !needsPadding {
      needsPadding = try element.shape(index).sizes != sizes
    }
    let output = try context.allocate(
      index, dtype: specification.types[index], shape: Shape([elements.count] + sizes))
    let mover = ByteMover(into: output)
    if needsPadding { mover.zeroAll() }
    let size = output.shape.count(in: 1..<output.shape.rank)
    for (row, element) in elements.enumerated() {
      let source = element.location(index)
      if needsPadding {
        try pad(source, element.shape(index), to: row &* size, sizes, mover)
      } else {
        try mover.copy(source.tensor, from: source.start, to: row &* size, count: source.count)
      }
    }
  }

  /// Copies an element into the corner of a larger one.
  private static func pad(
    _ source: (tensor: AnyTensor, start: Int, count: Int), _ shape: Shape, to start: Int,
    _ sizes: [Int], _ mover: ByteMover
  ) throws(StatusError) {
    guard source.count > 0 else { return }
    guard let run = shape.sizes.last else {
      return try mover.copy(source.tensor, from: source.start, to: start, count: source.count)
    }
    var strides = [Int](repeating: 1, count: sizes.count)
    for axis in sizes.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] &* sizes[axis + 1]
    }
    // Counts through the rows of the element; each is a run of both tensors.
    var position = [Int](repeating: 0, count: sizes.count - 1)
    for row in 0..<source.count / run {
      var target = start
      for (axis, index) in position.enumerated() { target = target &+ index &* strides[axis] }
      try mover.copy(source.tensor, from: source.start &+ row &* run, to: target, count: run)
      var axis = position.count - 1
      while axis >= 0 {
        position[axis] += 1
        guard position[axis] == shape[axis] else { break }
        position[axis] = 0
        axis -= 1
      }
    }
  }
}
