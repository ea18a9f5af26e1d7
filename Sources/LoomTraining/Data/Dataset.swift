public import LoomCore
public import LoomGraph

/// A sequence of elements in a graph: how they are to be made, one after the other.
///
/// An element is a list of tensors, its components. Nothing runs until an iterator asks for elements:
///
/// ```swift
/// let batches = try Dataset.tensorSlices(images, labels, in: graph)
///   .shuffled(bufferSize: 1000, seed: 7).repeated(10).batched(32).prefetched(2)
/// let iterator = try batches.makeOneShotIterator()
/// let next = try iterator.next()
/// ```
///
/// - SeeAlso: `tf.data.Dataset`.
public struct Dataset: Sendable {
  /// The variant that stands for the dataset.
  public let variant: AnyOutput
  /// Dtypes of the components.
  public let types: [DType]
  /// Shapes of the components, as far as they are known.
  public let shapes: [PartialShape]

  /// A dataset that an operation of a graph makes.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the tensor is no variant, or there is not one
  ///   shape for each dtype.
  public init(
    _ variant: AnyOutput, types: [DType], shapes: [PartialShape]
  ) throws(StatusError) {
    guard variant.dtype.base == .variant else {
      throw .invalidArgument("A dataset is a variant, got a tensor of \(variant.dtype)")
    }
    guard types.count == shapes.count, !types.isEmpty else {
      throw .invalidArgument(
        "Expected a shape for each of \(types.count) components, got \(shapes.count)")
    }
    self.variant = variant
    self.types = types
    self.shapes = shapes
  }

  public var graph: Graph { variant.graph }

  // MARK: Sources

  /// The numbers from `start` to, and without, `end`.
  ///
  /// - SeeAlso: TensorFlow op `RangeDataset`.
  public static func range(
    _ start: Int = 0, _ end: Int, step: Int = 1, in graph: Graph
  ) throws(StatusError) -> Dataset {
    let bounds = [
      try graph.constantInt(start, as: .int64), try graph.constantInt(end, as: .int64),
      try graph.constantInt(step, as: .int64),
    ]
    return try make("RangeDataset", bounds, types: [.int64], shapes: [.scalar], in: graph)
  }

  /// One element.
  ///
  /// - SeeAlso: TensorFlow op `TensorDataset`.
  public static func tensors(_ components: [AnyOutput]) throws(StatusError) -> Dataset {
    guard let graph = components.first?.graph else {
      throw .invalidArgument("A dataset needs at least one component")
    }
    return try make(
      "TensorDataset", components, ["Toutput_types": .types(components.map(\.dtype.base))],
      types: components.map(\.dtype.base), shapes: components.map(\.shape), named: nil, in: graph)
  }

  /// The slices of tensors along their first dimension.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for scalars.
  /// - SeeAlso: TensorFlow op `TensorSliceDataset`.
  public static func tensorSlices(_ components: [AnyOutput]) throws(StatusError) -> Dataset {
    guard let graph = components.first?.graph else {
      throw .invalidArgument("A dataset needs at least one component")
    }
    for component in components where component.shape.rank == 0 {
      throw .invalidArgument("A scalar has no slices: '\(component.name)'")
    }
    return try make(
      "TensorSliceDataset", components,
      ["Toutput_types": .types(components.map(\.dtype.base))],
      types: components.map(\.dtype.base),
      shapes: components.map { Dataset.slice($0.shape) }, named: nil, in: graph)
  }

  /// The slices of values along their first dimension.
  public static func tensorSlices<each Scalar: TensorScalar>(
    _ values: repeat Tensor<each Scalar>, in graph: Graph
  ) throws(StatusError) -> Dataset {
    var components: [AnyOutput] = []
    for value in repeat each values {
      components.append(try graph.constantTensor(value.erased))
    }
    return try tensorSlices(components)
  }

  // MARK: Building

  /// A shape without its first dimension.
  static func slice(_ shape: PartialShape) -> PartialShape {
    guard let rank = shape.rank, rank > 0 else { return .unknown }
    return shape.dimensions(in: 1..<rank)
  }

  /// A dataset that an op makes. `types` and `shapes` become attributes; `named` is the name of the
  /// attribute for dtypes, `nil` if the op takes none.
  static func make(
    _ op: String, _ inputs: [AnyOutput], _ attributes: [String: AttributeValue] = [:],
    types: [DType], shapes: [PartialShape], named: String? = "output_types", in graph: Graph
  ) throws(StatusError) -> Dataset {
    var attributes = attributes
    if let named { attributes[named] = .types(types) }
    attributes["output_shapes"] = .shapes(shapes)
    return try Dataset(
      try graph.build(op, inputs, attributes), types: types, shapes: shapes)
  }

  /// A dataset made of this one and more inputs, with the same elements unless told otherwise.
  func make(
    _ op: String, _ inputs: [AnyOutput] = [], _ attributes: [String: AttributeValue] = [:],
    types: [DType]? = nil, shapes: [PartialShape]? = nil
  ) throws(StatusError) -> Dataset {
    try Dataset.make(
      op, [variant] + inputs, attributes, types: types ?? self.types,
      shapes: shapes ?? self.shapes, in: graph)
  }

  func count(_ value: Int) throws(StatusError) -> AnyOutput {
    try graph.constantInt(value, as: .int64)
  }

  func flag(_ value: Bool) throws(StatusError) -> AnyOutput {
    try graph.constantTensor(AnyTensor(scalar: value))
  }
}
