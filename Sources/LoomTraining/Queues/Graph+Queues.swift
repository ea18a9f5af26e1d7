public import LoomCore
public import LoomGraph

/// What a queue is made with.
public struct QueueOptions: Sendable {
  /// How many elements the queue holds at most; `nil` is no limit.
  public var capacity: Int?
  /// The shape of each component. Elements can be joined to batches only if they are given, and for
  /// queues that pad they may have unknown sizes.
  public var shapes: [PartialShape]?
  /// The components' names, for access by name.
  public var names: [String] = []
  /// Queues of one shared name in one container are one; a queue of its own where `nil`.
  public var sharedName: String?
  public var name: String?

  public init(
    capacity: Int? = nil, shapes: [PartialShape]? = nil, names: [String] = [],
    sharedName: String? = nil, name: String? = nil
  ) {
    self.capacity = capacity
    self.shapes = shapes
    self.names = names
    self.sharedName = sharedName
    self.name = name
  }
}

extension Graph {
  private func queue(
    _ op: String, _ types: [DType], _ options: QueueOptions, defaultName: String,
    _ attributes: [String: AttributeValue] = [:]
  ) throws(StatusError) -> AnyQueue {
    var attributes = attributes
    attributes["component_types"] = .types(types)
    attributes["shapes"] = .shapes(options.shapes ?? [])
    attributes["capacity"] = .int(Int64(options.capacity ?? -1))
    attributes["shared_name"] = .string(ByteString(options.sharedName ?? ""))
    let isPriority = op == "PriorityQueueV2"
    guard options.shapes?.count ?? types.count == types.count else {
      throw .invalidArgument(
        "Queue shapes must have the same length as dtypes, received len(shapes)="
          + "\(options.shapes?.count ?? 0), len(dtypes)=\(types.count)")
    }
    let handle = try build(op, [], attributes, name: options.name ?? defaultName)
    return try AnyQueue(
      handle: handle, types: isPriority ? [.int64] + types : types,
      shapes: options.shapes.map { isPriority ? [.scalar] + $0 : $0 }, names: options.names)
  }

  // MARK: Erased

  /// A queue whose elements leave in the order they came.
  ///
  /// - SeeAlso: TensorFlow op `FIFOQueueV2`.
  public func fifoQueue(
    types: [DType], options: QueueOptions = QueueOptions()
  ) throws(StatusError) -> AnyQueue {
    try queue("FIFOQueueV2", types, options, defaultName: "fifo_queue")
  }

  /// A queue whose elements leave in random order: TensorFlow's for the seed, if one is given.
  ///
  /// - Parameter minimumAfterDequeue: How many elements have to stay, for the mixing's sake, until the
  ///   queue is closed.
  /// - SeeAlso: TensorFlow op `RandomShuffleQueueV2`.
  public func randomShuffleQueue(
    types: [DType], minimumAfterDequeue: Int, seed: Int? = nil,
    options: QueueOptions = QueueOptions()
  ) throws(StatusError) -> AnyQueue {
    let (seed, seed2) = seeds(operationSeed: seed)
    return try queue(
      "RandomShuffleQueueV2", types, options, defaultName: "random_shuffle_queue",
      [
        "min_after_dequeue": .int(Int64(minimumAfterDequeue)), "seed": .int(Int64(seed)),
        "seed2": .int(Int64(seed2)),
      ])
  }

  /// A queue whose elements may differ in size; batches of them are padded with zeros.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` without shapes.
  /// - SeeAlso: TensorFlow op `PaddingFIFOQueueV2`.
  public func paddingFIFOQueue(
    types: [DType], shapes: [PartialShape], options: QueueOptions = QueueOptions()
  ) throws(StatusError) -> AnyQueue {
    guard shapes.count == types.count else {
      throw .invalidArgument(
        "Shapes must be provided for all components, but received \(types.count) dtypes and "
          + "\(shapes.count) shapes.")
    }
    var options = options
    options.shapes = shapes
    return try queue("PaddingFIFOQueueV2", types, options, defaultName: "padding_fifo_queue")
  }

  /// A queue whose element of least priority leaves first. Its component 0 is the priority, an int64
  /// scalar; `types` and `shapes` are those of the others.
  ///
  /// - SeeAlso: TensorFlow op `PriorityQueueV2`.
  public func priorityQueue(
    types: [DType], shapes: [PartialShape], options: QueueOptions = QueueOptions()
  ) throws(StatusError) -> AnyQueue {
    var options = options
    options.shapes = shapes
    return try queue("PriorityQueueV2", types, options, defaultName: "priority_queue")
  }

  // MARK: Typed

  private static func types<each Scalar: TensorScalar>(
    _ type: repeat (each Scalar).Type
  ) -> [DType] {
    var result: [DType] = []
    for type in repeat each type { result.append(type.dtype) }
    return result
  }

  /// A queue whose elements leave in the order they came.
  ///
  /// - SeeAlso: TensorFlow op `FIFOQueueV2`.
  public func fifoQueue<each Scalar: TensorScalar>(
    capacity: Int? = nil, of type: repeat (each Scalar).Type, shapes: [PartialShape]? = nil,
    sharedName: String? = nil, name: String? = nil
  ) throws(StatusError) -> Queue<repeat each Scalar> {
    try Queue(
      fifoQueue(
        types: Graph.types(repeat each type),
        options: QueueOptions(
          capacity: capacity, shapes: shapes, sharedName: sharedName, name: name)))
  }

  /// A queue whose elements leave in random order: TensorFlow's for the seed, if one is given.
  ///
  /// - SeeAlso: TensorFlow op `RandomShuffleQueueV2`.
  public func randomShuffleQueue<each Scalar: TensorScalar>(
    capacity: Int? = nil, minimumAfterDequeue: Int, seed: Int? = nil,
    of type: repeat (each Scalar).Type, shapes: [PartialShape]? = nil, sharedName: String? = nil,
    name: String? = nil
  ) throws(StatusError) -> Queue<repeat each Scalar> {
    try Queue(
      randomShuffleQueue(
        types: Graph.types(repeat each type), minimumAfterDequeue: minimumAfterDequeue, seed: seed,
        options: QueueOptions(
          capacity: capacity, shapes: shapes, sharedName: sharedName, name: name)))
  }

  /// A queue whose elements may differ in size; batches of them are padded with zeros.
  ///
  /// - SeeAlso: TensorFlow op `PaddingFIFOQueueV2`.
  public func paddingFIFOQueue<each Scalar: TensorScalar>(
    capacity: Int? = nil, of type: repeat (each Scalar).Type, shapes: [PartialShape],
    sharedName: String? = nil, name: String? = nil
  ) throws(StatusError) -> Queue<repeat each Scalar> {
    try Queue(
      paddingFIFOQueue(
        types: Graph.types(repeat each type), shapes: shapes,
        options: QueueOptions(capacity: capacity, sharedName: sharedName, name: name)))
  }

  /// A queue whose element of least priority leaves first; the priority comes before the components
  /// of the given types.
  ///
  /// - SeeAlso: TensorFlow op `PriorityQueueV2`.
  public func priorityQueue<each Scalar: TensorScalar>(
    capacity: Int? = nil, of type: repeat (each Scalar).Type, shapes: [PartialShape],
    sharedName: String? = nil, name: String? = nil
  ) throws(StatusError) -> Queue<Int64, repeat each Scalar> {
    try Queue(
      priorityQueue(
        types: Graph.types(repeat each type), shapes: shapes,
        options: QueueOptions(capacity: capacity, sharedName: sharedName, name: name)))
  }
}
