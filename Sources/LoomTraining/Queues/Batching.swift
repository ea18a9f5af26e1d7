public import LoomCore
public import LoomGraph

/// How elements are joined to batches.
public struct BatchOptions: Sendable {
  /// How many elements make a batch.
  public var size: Int
  /// How many enqueues run at once.
  public var parallelism: Int
  /// Of the queue between.
  public var capacity: Int
  /// Whether the tensors are batches already, whose rows are the elements.
  public var takesRows: Bool
  /// The shapes of the elements, where the tensors' shapes do not tell.
  public var shapes: [PartialShape]?
  /// Whether the last batch may be smaller; then the size is not known beforehand.
  public var allowsSmallerFinalBatch: Bool
  public var sharedName: String?
  public var name: String?

  public init(
    size: Int, parallelism: Int = 1, capacity: Int = 32, takesRows: Bool = false,
    shapes: [PartialShape]? = nil, allowsSmallerFinalBatch: Bool = false,
    sharedName: String? = nil, name: String? = nil
  ) {
    self.size = size
    self.parallelism = parallelism
    self.capacity = capacity
    self.takesRows = takesRows
    self.shapes = shapes
    self.allowsSmallerFinalBatch = allowsSmallerFinalBatch
    self.sharedName = sharedName
    self.name = name
  }
}

extension Graph {
  /// Batches of what `tensors` hold in run after run, through a queue that a queue runner fills.
  ///
  /// - Parameter padsDynamically: Whether elements may differ in size; smaller ones are padded.
  /// - Throws: ``StatusError/Code/invalidArgument`` without tensors, or if their shapes are not known.
  /// - SeeAlso: `tf.compat.v1.train.batch`.
  public func batch(
    _ tensors: [AnyOutput], options: BatchOptions, padsDynamically: Bool = false
  ) throws(StatusError) -> [AnyOutput] {
    try withNameScope(options.name ?? "batch") { () throws(StatusError) in
      let shapes = try elementShapes(tensors, options, allowingUnknown: padsDynamically)
      let types = tensors.map(\.dtype.base)
      let queueOptions = QueueOptions(
        capacity: options.capacity, shapes: shapes, sharedName: options.sharedName)
      let queue =
        padsDynamically
        ? try paddingFIFOQueue(types: types, shapes: shapes, options: queueOptions)
        : try fifoQueue(types: types, options: queueOptions)
      return try batch(tensors, options, from: queue)
    }
  }

  /// Batches of what `tensors` hold in run after run, in random order.
  ///
  /// - Parameter minimumAfterDequeue: How many elements stay in the queue, for the mixing's sake.
  /// - SeeAlso: `tf.compat.v1.train.shuffle_batch`.
  public func shuffleBatch(
    _ tensors: [AnyOutput], options: BatchOptions, minimumAfterDequeue: Int, seed: Int? = nil
  ) throws(StatusError) -> [AnyOutput] {
    try withNameScope(options.name ?? "shuffle_batch") { () throws(StatusError) in
      let queue = try randomShuffleQueue(
        types: tensors.map(\.dtype.base), minimumAfterDequeue: minimumAfterDequeue, seed: seed,
        options: QueueOptions(
          capacity: options.capacity,
          shapes: elementShapes(tensors, options, allowingUnknown: false),
          sharedName: options.sharedName))
      return try batch(tensors, options, from: queue)
    }
  }

  private func batch(
    _ tensors: [AnyOutput], _ options: BatchOptions, from queue: AnyQueue
  ) throws(StatusError) -> [AnyOutput] {
    let enqueue = try options.takesRows ? queue.enqueueMany(tensors) : queue.enqueue(tensors)
    let parallelism = Swift.max(options.parallelism, 1)
    try addQueueRunner(
      QueueRunner(queue, enqueue: Array(repeating: enqueue, count: parallelism)))
    return try options.allowsSmallerFinalBatch
      ? queue.dequeueUpTo(options.size) : queue.dequeueMany(options.size)
  }

  private func elementShapes(
    _ tensors: [AnyOutput], _ options: BatchOptions, allowingUnknown: Bool
  ) throws(StatusError) -> [PartialShape] {
    guard !tensors.isEmpty else {
      throw .invalidArgument("Expected at least one tensor in batch().")
    }
    if let shapes = options.shapes {
      guard shapes.count == tensors.count else {
        throw .invalidArgument("Expected \(tensors.count) shapes, got \(shapes.count)")
      }
      return shapes
    }
    var shapes: [PartialShape] = []
    for tensor in tensors {
      var shape = tensor.shape
      if options.takesRows, let rank = shape.rank {
        shape = shape.dimensions(in: Swift.min(1, rank)..<rank)
      }
      guard shape.rank != nil, allowingUnknown || shape.isFullyDefined else {
        throw .invalidArgument("All shapes must be fully defined: \(shape) of '\(tensor.name)'")
      }
      shapes.append(shape)
    }
    return shapes
  }
}
