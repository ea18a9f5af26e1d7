public import LoomCore
public import LoomGraph

/// A queue of a graph whatever its elements: the operations that fill, empty and close it.
///
/// The elements live in a session, from the first run of one of these operations on. Nobody holds a
/// thread while a run waits for a full or an empty queue.
public struct AnyQueue: Sendable, NamedGraphItem {
  /// A resource handle, or a reference of the first generation.
  public let handle: AnyOutput
  /// The dtype of each component of an element.
  public let types: [DType]
  /// What is known of the shape of each component.
  public let shapes: [PartialShape]
  /// The components' names; empty if they have none.
  public let names: [String]

  /// A queue whose handle comes from elsewhere, such as an imported graph.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there are not as many shapes, or names, as
  ///   components.
  public init(
    handle: AnyOutput, types: [DType], shapes: [PartialShape]? = nil, names: [String] = []
  ) throws(StatusError) {
    guard shapes?.count ?? types.count == types.count else {
      throw .invalidArgument(
        "Queue shapes must have the same length as dtypes, received len(shapes)="
          + "\(shapes?.count ?? 0), len(dtypes)=\(types.count)")
    }
    guard names.isEmpty || names.count == types.count else {
      throw .invalidArgument(
        "Queue names must have the same length as dtypes,received len(names)=\(names.count),"
          + "len (dtypes)=\(types.count)")
    }
    self.handle = handle
    self.types = types
    self.shapes = shapes ?? types.map { _ in .unknown }
    self.names = names
  }

  public var graph: Graph { handle.graph }
  /// The name of the operation that makes the handle.
  public var name: String { handle.operation.name }

  /// One of several queues, which must agree in their components: number `index`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there is none or they do not agree; at run time
  ///   if `index` is out of range.
  /// - SeeAlso: `tf.QueueBase.from_list`.
  public static func selecting(
    _ index: Output<Int32>, from queues: [AnyQueue], name: String? = nil
  ) throws(StatusError) -> AnyQueue {
    guard let first = queues.first else {
      throw .invalidArgument("A list of queues expected")
    }
    guard queues.allSatisfy({ $0.types == first.types }) else {
      throw .invalidArgument("Queues do not have matching component dtypes.")
    }
    guard queues.allSatisfy({ $0.names == first.names }) else {
      throw .invalidArgument("Queues do not have matching component names.")
    }
    let graph = first.graph
    let handles = try graph.build("Pack", queues.map(\.handle))
    let selected = try graph.build(
      "GatherV2", [handles, index.erased, graph.constantInt(0)], name: name)
    let shapes = first.shapes.indices.map { index in
      queues.dropFirst().reduce(first.shapes[index]) { $0.relaxed(with: $1.shapes[index]) }
    }
    return try AnyQueue(handle: selected, types: first.types, shapes: shapes, names: first.names)
  }

  // MARK: Operations

  private var isResource: Bool { handle.dtype == .resource }

  private func op(_ name: String) -> String { isResource ? name + "V2" : name }

  private func name(_ given: String?, _ suffix: String) -> String {
    given ?? "\(name.split(separator: "/").last ?? "queue")_\(suffix)"
  }

  /// Puts one element in; waits while the queue is full.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if dtypes or known shapes do not fit; at run time
  ///   ``StatusError/Code/cancelled`` if the queue is closed.
  /// - SeeAlso: TensorFlow op `QueueEnqueueV2`.
  public func enqueue(_ element: [AnyOutput], name: String? = nil) throws(StatusError) -> Operation
  {
    try check(element)
    for (index, output) in element.enumerated() {
      _ = try shapes[index].merged(with: output.shape)
    }
    return try graph.addOperation(
      op("QueueEnqueue"), inputs: [handle] + element,
      attributes: ["Tcomponents": .types(types)], name: self.name(name, "enqueue"))
  }

  /// Puts the rows of the components in, one element each; waits while the queue is full.
  ///
  /// - Throws: as ``enqueue(_:name:)-([AnyOutput],_)``, also if the components differ in length.
  /// - SeeAlso: TensorFlow op `QueueEnqueueManyV2`.
  public func enqueueMany(
    _ elements: [AnyOutput], name: String? = nil
  ) throws(StatusError) -> Operation {
    try check(elements)
    var count: Int?
    for (index, output) in elements.enumerated() {
      let shape = output.shape
      guard let rank = shape.rank else { continue }
      guard rank > 0 else {
        throw .invalidArgument("Expected a batch of elements as component \(index), got a scalar")
      }
      if let count, let size = shape[0], count != size {
        throw .invalidArgument("Dimensions must be equal, but are \(count) and \(size)")
      }
      count = count ?? shape[0]
      _ = try shapes[index].merged(with: shape.dimensions(in: 1..<rank))
    }
    return try graph.addOperation(
      op("QueueEnqueueMany"), inputs: [handle] + elements,
      attributes: ["Tcomponents": .types(types)], name: self.name(name, "EnqueueMany"))
  }

  /// Takes one element out; waits while the queue is empty.
  ///
  /// - Throws: at run time ``StatusError/Code/outOfRange`` if the queue is closed and empty.
  /// - SeeAlso: TensorFlow op `QueueDequeueV2`.
  public func dequeue(name: String? = nil) throws(StatusError) -> [AnyOutput] {
    let outputs = try graph.addOperation(
      op("QueueDequeue"), inputs: [handle], attributes: ["component_types": .types(types)],
      name: self.name(name, "Dequeue")
    ).outputs
    for (index, output) in outputs.enumerated() { try output.setShape(shapes[index]) }
    return outputs
  }

  /// Takes `count` elements out and joins them; waits until there are as many.
  ///
  /// - Throws: at run time ``StatusError/Code/outOfRange`` if the queue is closed and has fewer;
  ///   ``StatusError/Code/invalidArgument`` if it was made without shapes.
  /// - SeeAlso: TensorFlow op `QueueDequeueManyV2`.
  public func dequeueMany(_ count: Int, name: String? = nil) throws(StatusError) -> [AnyOutput] {
    try dequeueMany(graph.constantInt(count), name: name)
  }

  /// Takes `count` elements out, a tensor's value.
  public func dequeueMany(
    _ count: Output<Int32>, name: String? = nil
  ) throws(StatusError) -> [AnyOutput] {
    try dequeueMany(count.erased, name: name)
  }

  private func dequeueMany(
    _ count: AnyOutput, name: String?
  ) throws(StatusError) -> [AnyOutput] {
    let outputs = try graph.addOperation(
      op("QueueDequeueMany"), inputs: [handle, count],
      attributes: ["component_types": .types(types)], name: self.name(name, "DequeueMany")
    ).outputs
    for (index, output) in outputs.enumerated() {
      try output.setShape(PartialShape([nil]).concatenated(with: shapes[index]))
    }
    return outputs
  }

  /// Takes `count` elements out and joins them, or what is left (at least one) in a closed queue.
  ///
  /// - Throws: at run time ``StatusError/Code/outOfRange`` if the queue is closed and empty;
  ///   ``StatusError/Code/invalidArgument`` if it was made without shapes.
  /// - SeeAlso: TensorFlow op `QueueDequeueUpToV2`.
  public func dequeueUpTo(_ count: Int, name: String? = nil) throws(StatusError) -> [AnyOutput] {
    let outputs = try graph.addOperation(
      op("QueueDequeueUpTo"), inputs: [handle, graph.constantInt(count)],
      attributes: ["component_types": .types(types)], name: self.name(name, "DequeueUpTo")
    ).outputs
    for (index, output) in outputs.enumerated() {
      try output.setShape(PartialShape([nil]).concatenated(with: shapes[index]))
    }
    return outputs
  }

  /// Closes the queue: nothing more goes in, what is in may still be taken out.
  ///
  /// - Parameter cancellingPendingEnqueues: Whether those that wait for room fail; if not, the queue is
  ///   closed after they are done.
  /// - Throws: at run time ``StatusError/Code/cancelled`` if it is closed already.
  /// - SeeAlso: TensorFlow op `QueueCloseV2`.
  public func close(
    cancellingPendingEnqueues: Bool = false, name: String? = nil
  ) throws(StatusError) -> Operation {
    try graph.addOperation(
      op("QueueClose"), inputs: [handle],
      attributes: ["cancel_pending_enqueues": .bool(cancellingPendingEnqueues)],
      name: self.name(name, "Close"))
  }

  /// Whether the queue is closed.
  public func isClosed(name: String? = nil) throws(StatusError) -> Output<Bool> {
    try Output(graph.build(op("QueueIsClosed"), [handle], name: self.name(name, "IsClosed")))
  }

  /// The number of elements in the queue.
  public func size(name: String? = nil) throws(StatusError) -> Output<Int32> {
    try Output(graph.build(op("QueueSize"), [handle], name: self.name(name, "Size")))
  }

  private func check(_ components: [AnyOutput]) throws(StatusError) {
    guard components.count == types.count else {
      throw .invalidArgument("Expected \(types.count) components, got \(components.count)")
    }
    for (index, output) in components.enumerated() where output.dtype.base != types[index] {
      throw .invalidArgument(
        "Expected component \(index) to be \(types[index]), got \(output.dtype)")
    }
  }
}

extension AnyQueue {
  /// Puts one element in, its components by name.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the names are not the queue's.
  public func enqueue(
    named element: [String: AnyOutput], name: String? = nil
  ) throws(StatusError) -> Operation {
    guard !names.isEmpty, Set(names) == Set(element.keys) else {
      throw .invalidArgument(
        "Keys in dictionary to put don't match names of queue.  Dictionary: "
          + "(\(element.keys.sorted().joined(separator: ", "))), Queue: "
          + "(\(names.joined(separator: ", ")))")
    }
    return try enqueue(names.compactMap { element[$0] }, name: name)
  }

  /// Takes one element out, its components by name.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the components have no names.
  public func dequeueNamed(name: String? = nil) throws(StatusError) -> [String: AnyOutput] {
    guard !names.isEmpty else {
      throw .invalidArgument("The components of queue '\(self.name)' have no names")
    }
    return Dictionary(zip(names, try dequeue(name: name)), uniquingKeysWith: { $1 })
  }
}
