public import LoomCore
public import LoomGraph

extension Dataset {
  /// What a function makes of each element.
  ///
  /// - Parameters:
  ///   - parallelism: how many calls may be under way at once; elements keep their order.
  ///   - captured: tensors of this graph that the function gets after the components.
  ///   - body: builds the function in a graph of its own, once.
  /// - SeeAlso: TensorFlow ops `MapDataset`, `ParallelMapDatasetV2`.
  public func mapElements(
    parallelism: Int = 1, capturing captured: [AnyOutput] = [],
    _ body: ([AnyOutput]) throws -> [AnyOutput]
  ) throws(StatusError) -> Dataset {
    let traced = try trace("dataset_map", captured, body)
    var inputs = captured
    if parallelism > 1 { inputs.append(try count(parallelism)) }
    return try make(
      parallelism > 1 ? "ParallelMapDatasetV2" : "MapDataset", inputs,
      arguments(captured, ["f": .function(traced.reference)]),
      types: traced.results.map(\.dtype.base), shapes: traced.results.map(\.shape))
  }

  /// What a function makes of each element, with components of known dtypes.
  ///
  /// ```swift
  /// let scaled = try images.map { (image: Output<Float>, label: Output<Int32>) in
  ///   (try image / 255, label)
  /// }
  /// ```
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the components are others.
  public func map<each Input: TensorScalar, each Result: TensorScalar>(
    parallelism: Int = 1,
    _ body: (repeat Output<each Input>) throws -> (repeat Output<each Result>)
  ) throws(StatusError) -> Dataset {
    try mapElements(parallelism: parallelism) { components in
      var reader = ComponentReader(components)
      let inputs = (repeat try reader.next(Output<each Input>.self))
      try reader.finish()
      var results: [AnyOutput] = []
      let outputs = try body(repeat each inputs)
      for output in repeat each outputs { results.append(output.erased) }
      return results
    }
  }

  /// The elements for which a function returns true.
  ///
  /// - SeeAlso: TensorFlow op `FilterDataset`.
  public func filterElements(
    capturing captured: [AnyOutput] = [], _ body: ([AnyOutput]) throws -> Output<Bool>
  ) throws(StatusError) -> Dataset {
    let traced = try trace("dataset_filter", captured) { [try body($0).erased] }
    return try make(
      "FilterDataset", captured, arguments(captured, ["predicate": .function(traced.reference)]))
  }

  /// The elements for which a function returns true, with components of known dtypes.
  public func filter<each Input: TensorScalar>(
    _ body: (repeat Output<each Input>) throws -> Output<Bool>
  ) throws(StatusError) -> Dataset {
    try filterElements { components in
      var reader = ComponentReader(components)
      let inputs = (repeat try reader.next(Output<each Input>.self))
      try reader.finish()
      return try body(repeat each inputs)
    }
  }

  /// The elements of the datasets that a function makes of each element: `blockLength` elements of
  /// each of `cycleLength` datasets in turn.
  ///
  /// - SeeAlso: TensorFlow ops `FlatMapDataset`, `InterleaveDataset`.
  public func interleaved(
    cycleLength: Int = 1, blockLength: Int = 1, capturing captured: [AnyOutput] = [],
    _ body: ([AnyOutput]) throws -> Dataset
  ) throws(StatusError) -> Dataset {
    var inner: Dataset?
    let traced = try trace("dataset_interleave", captured) { components in
      let dataset = try body(components)
      inner = dataset
      return [dataset.variant]
    }
    guard let inner else { throw .internal("The function of a dataset was not traced") }
    let attributes = arguments(captured, ["f": .function(traced.reference)])
    if cycleLength == 1 {
      return try make(
        "FlatMapDataset", captured, attributes, types: inner.types, shapes: inner.shapes)
    }
    return try make(
      "InterleaveDataset", captured + [count(cycleLength), count(blockLength)], attributes,
      types: inner.types, shapes: inner.shapes)
  }

  private func trace(
    _ name: String, _ captured: [AnyOutput], _ body: ([AnyOutput]) throws -> [AnyOutput]
  ) throws(StatusError) -> FunctionTrace.Traced {
    try FunctionTrace(parent: graph).function(
      named: name, types: types + captured.map(\.dtype.base),
      shapes: shapes + captured.map(\.shape)
    ) { _, arguments in try body(arguments) }
  }

  private func arguments(
    _ captured: [AnyOutput], _ attributes: [String: AttributeValue]
  ) -> [String: AttributeValue] {
    var attributes = attributes
    attributes["Targuments"] = .types(captured.map(\.dtype.base))
    return attributes
  }
}

/// Hands out components as outputs of Swift types.
private struct ComponentReader {
  private let components: [AnyOutput]
  private var index = 0

  init(_ components: [AnyOutput]) { self.components = components }

  mutating func next<Scalar>(
    _ type: Output<Scalar>.Type
  ) throws(StatusError) -> Output<Scalar> {
    guard index < components.count else {
      throw .invalidArgument(
        "The function of a dataset takes more than the \(components.count) components there are")
    }
    index += 1
    return try Output(components[index - 1])
  }

  func finish() throws(StatusError) {
    guard index == components.count else {
      throw .invalidArgument(
        "The function of a dataset takes \(index) of \(components.count) components")
    }
  }
}
