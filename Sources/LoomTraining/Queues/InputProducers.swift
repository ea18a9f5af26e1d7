public import LoomCore
public import LoomGraph

/// How an input producer goes through its data.
public struct ProducerOptions: Sendable {
  /// How often the data is gone through; without end where `nil`. The count is a local variable.
  public var epochs: Int?
  /// Whether each epoch has an order of its own.
  public var shuffles: Bool
  public var seed: Int?
  /// Of the queue.
  public var capacity: Int
  /// Of the queue.
  public var sharedName: String?
  public var name: String?

  public init(
    epochs: Int? = nil, shuffles: Bool = true, seed: Int? = nil, capacity: Int = 32,
    sharedName: String? = nil, name: String? = nil
  ) {
    self.epochs = epochs
    self.shuffles = shuffles
    self.seed = seed
    self.capacity = capacity
    self.sharedName = sharedName
    self.name = name
  }
}

extension Graph {
  /// `tensor`, which can be had `epochs` times.
  ///
  /// - Parameter epochs: Without end where `nil`.
  /// - Throws: ``StatusError/Code/invalidArgument`` if `epochs` is not positive; at run time
  ///   ``StatusError/Code/outOfRange`` when they are over.
  /// - SeeAlso: `tf.compat.v1.train.limit_epochs`.
  public func limitEpochs<Scalar: TensorScalar>(
    _ tensor: Output<Scalar>, to epochs: Int?, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    try Output(limitEpochs(tensor.erased, to: epochs, name: name))
  }

  func limitEpochs(
    _ tensor: AnyOutput, to epochs: Int?, name: String? = nil
  ) throws(StatusError) -> AnyOutput {
    guard let epochs else { return tensor }
    guard epochs > 0 else { throw .invalidArgument("num_epochs must be > 0 not \(epochs).") }
    return try withNameScope(name ?? "limit_epochs") { () throws(StatusError) in
      let count = try variable("epochs", initialValue: .constant(Int64(0)), options: .local)
      let counter = try count.countUp(to: epochs)
      return try withControlDependencies(on: [counter.operation]) { () throws(StatusError) in
        try build("Identity", [tensor])
      }
    }
  }

  /// A queue of the rows of a tensor, over and over, filled by a queue runner.
  ///
  /// - Parameters:
  ///   - tensor: All data; its rows are the elements.
  ///   - elementShape: Of a row, where the tensor's shape does not tell.
  /// - Throws: ``StatusError/Code/invalidArgument`` if the shape of a row is not known.
  /// - SeeAlso: `tf.compat.v1.train.input_producer`.
  public func inputProducer<Scalar: TensorScalar>(
    _ tensor: Output<Scalar>, elementShape: PartialShape = .unknown,
    options: ProducerOptions = ProducerOptions()
  ) throws(StatusError) -> Queue<Scalar> {
    try withNameScope(options.name ?? "input_producer") { () throws(StatusError) in
      let rank = tensor.shape.rank ?? 1
      let known =
        tensor.shape.rank == nil
        ? PartialShape.unknown : tensor.shape.dimensions(in: Swift.min(1, rank)..<rank)
      let shape = try known.merged(with: elementShape)
      guard shape.isFullyDefined else {
        throw .invalidArgument(
          "Either `input_tensor` must have a fully defined shape or `element_shape` must be "
            + "specified")
      }
      var data = tensor.erased
      if options.shuffles {
        let (seed, seed2) = seeds(operationSeed: options.seed)
        data = try build(
          "RandomShuffle", [data], ["seed": .int(Int64(seed)), "seed2": .int(Int64(seed2))])
      }
      data = try limitEpochs(data, to: options.epochs)
      let queue = try fifoQueue(
        types: [Scalar.dtype],
        options: QueueOptions(
          capacity: options.capacity, shapes: [shape], sharedName: options.sharedName,
          name: options.name ?? "input_producer"))
      try addQueueRunner(QueueRunner(queue, enqueue: [queue.enqueueMany([data])]))
      return try Queue<Scalar>(queue)
    }
  }

  /// A queue of strings, such as names of files, over and over, filled by a queue runner.
  ///
  /// - Throws: at run time ``StatusError/Code/invalidArgument`` if there are none.
  /// - SeeAlso: `tf.compat.v1.train.string_input_producer`.
  public func stringInputProducer(
    _ strings: Output<ByteString>, options: ProducerOptions = ProducerOptions()
  ) throws(StatusError) -> Queue<ByteString> {
    let message = "string_input_producer requires a non-null input tensor"
    let checked = try withNameScope(options.name ?? "input_producer") {
      () throws(StatusError) -> AnyOutput in
      let hasAny = try build("Greater", [build("Size", [strings.erased]), constantInt(0)])
      let check = try addOperation(
        "Assert",
        inputs: [hasAny, constantTensor(AnyTensor(scalar: ByteString(message)))],
        attributes: ["T": .types([.string])])
      return try withControlDependencies(on: [check]) { () throws(StatusError) in
        try build("Identity", [strings.erased])
      }
    }
    return try inputProducer(Output(checked), elementShape: .scalar, options: options)
  }

  /// A queue of strings, such as names of files, over and over, filled by a queue runner.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there are none.
  public func stringInputProducer(
    _ strings: [String], options: ProducerOptions = ProducerOptions()
  ) throws(StatusError) -> Queue<ByteString> {
    guard !strings.isEmpty else {
      throw .invalidArgument("string_input_producer requires a non-null input tensor")
    }
    let tensor = try AnyTensor(
      strings.map { ByteString($0) }, shape: Shape(vector: strings.count))
    return try stringInputProducer(Output(constantTensor(tensor)), options: options)
  }

  /// A queue of the numbers from 0 up to, and without, `limit`, over and over, filled by a queue runner.
  ///
  /// - SeeAlso: `tf.compat.v1.train.range_input_producer`.
  public func rangeInputProducer(
    _ limit: Output<Int32>, options: ProducerOptions = ProducerOptions()
  ) throws(StatusError) -> Queue<Int32> {
    let numbers = try build("Range", [constantInt(0), limit.erased, constantInt(1)])
    return try inputProducer(Output(numbers), elementShape: .scalar, options: options)
  }

  /// A queue of the numbers from 0 up to, and without, `limit`.
  public func rangeInputProducer(
    _ limit: Int, options: ProducerOptions = ProducerOptions()
  ) throws(StatusError) -> Queue<Int32> {
    try rangeInputProducer(Output(constantInt(limit)), options: options)
  }

  /// One slice of each tensor, all at the same row, chosen by a queue that a queue runner fills.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` without tensors.
  /// - SeeAlso: `tf.compat.v1.train.slice_input_producer`.
  public func sliceInputProducer(
    _ tensors: [AnyOutput], options: ProducerOptions = ProducerOptions()
  ) throws(StatusError) -> [AnyOutput] {
    guard let first = tensors.first else {
      throw .invalidArgument("Expected at least one tensor in slice_input_producer().")
    }
    return try withNameScope(options.name ?? "input_producer") { () throws(StatusError) in
      let zero = try constantInt(0)
      let count = try build("GatherV2", [build("Shape", [first]), zero, zero])
      var options = options
      options.name = nil
      let row = try rangeInputProducer(Output(count), options: options).dequeue()
      var slices: [AnyOutput] = []
      for tensor in tensors {
        slices.append(try build("GatherV2", [tensor, row.erased, zero]))
      }
      return slices
    }
  }
}
