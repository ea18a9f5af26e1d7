public import LoomCore
public import LoomGraph

/// A position in a dataset that steps of a session share.
public struct ElementIterator: Sendable {
  /// The handle of the iterator.
  public let resource: AnyOutput
  public let types: [DType]
  public let shapes: [PartialShape]

  /// An iterator that an operation of a graph makes.
  public init(_ resource: AnyOutput, types: [DType], shapes: [PartialShape]) {
    self.resource = resource
    self.types = types
    self.shapes = shapes
  }

  public var graph: Graph { resource.graph }

  /// The components of the next element, another in every step; an error with the code
  /// ``StatusError/Code/outOfRange`` at the end.
  ///
  /// - Note: Call it once and use the result in every step: each call adds an operation.
  /// - SeeAlso: TensorFlow op `IteratorGetNext`.
  public func next(name: String? = nil) throws(StatusError) -> [AnyOutput] {
    try graph.addOperation(
      "IteratorGetNext", inputs: [resource],
      attributes: ["output_types": .types(types), "output_shapes": .shapes(shapes)], name: name
    ).outputs
  }

  /// The next element as outputs of Swift types.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the components are others.
  public func next<A: TensorScalar>(_ a: A.Type) throws(StatusError) -> Output<A> {
    try checkCount(1)
    return try Output(next()[0])
  }

  /// The next element as outputs of Swift types.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the components are others.
  public func next<A: TensorScalar, B: TensorScalar>(
    _ a: A.Type, _ b: B.Type
  ) throws(StatusError) -> (Output<A>, Output<B>) {
    try checkCount(2)
    let components = try next()
    return (try Output(components[0]), try Output(components[1]))
  }

  private func checkCount(_ count: Int) throws(StatusError) {
    guard types.count == count else {
      throw .invalidArgument("Elements have \(types.count) components, not \(count)")
    }
  }

  /// Starts the iterator at the beginning of `dataset`, whenever it is run.
  ///
  /// - SeeAlso: TensorFlow op `MakeIterator`.
  public func makeInitializer(
    _ dataset: Dataset, name: String? = nil
  ) throws(StatusError) -> Operation {
    try graph.addOperation("MakeIterator", inputs: [dataset.variant, resource], name: name)
  }

  /// The handle as a string, to be fed where ``fromHandle(_:types:shapes:)`` takes one.
  public func stringHandle() throws(StatusError) -> Output<ByteString> {
    try Output(graph.build("IteratorToStringHandle", [resource]))
  }

  /// The iterator whose handle `handle` holds in a step.
  public static func fromHandle(
    _ handle: Output<ByteString>, types: [DType], shapes: [PartialShape]
  ) throws(StatusError) -> ElementIterator {
    let resource = try handle.graph.build(
      "IteratorFromStringHandleV2", [handle.erased],
      ["output_types": .types(types), "output_shapes": .shapes(shapes)])
    return ElementIterator(resource, types: types, shapes: shapes)
  }

  /// An iterator without a dataset; ``makeInitializer(_:name:)`` gives it one, and later others.
  ///
  /// - SeeAlso: TensorFlow op `IteratorV2`.
  public static func reinitializable(
    types: [DType], shapes: [PartialShape], sharedName: String = "", in graph: Graph
  ) throws(StatusError) -> ElementIterator {
    let resource = try graph.build(
      "IteratorV2", [],
      [
        "shared_name": .string(ByteString(sharedName)), "container": "",
        "output_types": .types(types), "output_shapes": .shapes(shapes),
      ])
    return ElementIterator(resource, types: types, shapes: shapes)
  }
}

extension Dataset {
  /// An iterator that needs no initialisation: it begins when it is first asked.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the dataset depends on a placeholder.
  /// - SeeAlso: TensorFlow op `OneShotIterator`.
  public func makeOneShotIterator() throws(StatusError) -> ElementIterator {
    let factory = try FunctionTrace(parent: graph).function(
      named: "make_dataset", computing: variant)
    let resource = try graph.build(
      "OneShotIterator", [],
      [
        "dataset_factory": .function(factory.reference), "output_types": .types(types),
        "output_shapes": .shapes(shapes),
      ])
    return ElementIterator(resource, types: types, shapes: shapes)
  }

  /// An iterator, with the operation that has to run before it is asked.
  public func makeInitializableIterator(
    sharedName: String = ""
  ) throws(StatusError) -> (iterator: ElementIterator, initializer: Operation) {
    let iterator = try ElementIterator.reinitializable(
      types: types, shapes: shapes, sharedName: sharedName, in: graph)
    return (iterator, try iterator.makeInitializer(self))
  }
}
