public import LoomCore
public import LoomKernels

/// How a sequence of elements is to be produced: immutable, shared by any number of iterators.
///
/// An element is a list of tensors, its components. Datasets travel through graphs as variants.
public protocol DatasetValue: VariantValue {
  /// Dtypes and shapes of the components.
  var elements: ElementSpecification { get }
  /// How many elements an iterator yields, as far as that is known without iterating.
  var cardinality: Cardinality { get }
  /// The datasets this one reads.
  var inputs: [any DatasetValue] { get }
  /// Whether `next` of an iterator may wait for another thread or for the outside world.
  var mayWait: Bool { get }

  /// Starts from the beginning.
  ///
  /// - Parameter services: of the step that asks; what outlives it is to be taken from
  ///   ``StepServices/background()``.
  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator
}

extension DatasetValue {
  public var typeName: String { "tensorflow::DatasetVariantWrapper" }
  public var cardinality: Cardinality { .unknown }
  public var inputs: [any DatasetValue] { [] }
  public var mayWait: Bool { inputs.contains { $0.mayWait } }
}

/// A position in a dataset. Used by one thread at a time; whoever shares one guards it.
public protocol DatasetIterator: AnyObject {
  /// The next element; `nil` at the end, and from then on.
  ///
  /// - Parameter services: of the step that asks: functions run in it, and its cancellation ends
  ///   every wait and long loop.
  /// - Throws: what the pipeline throws. The iterator stays usable: the faulty element is skipped.
  func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]?
}

/// How many elements a dataset has.
public enum Cardinality: Sendable, Hashable {
  case finite(Int)
  case infinite
  case unknown

  /// TensorFlow's number: -1 for infinitely many, -2 if unknown.
  public var number: Int64 {
    switch self {
    case .finite(let count): Int64(count)
    case .infinite: -1
    case .unknown: -2
    }
  }

  public init(number: Int64) {
    self = number == -1 ? .infinite : number < 0 ? .unknown : .finite(Int(number))
  }

  /// The cardinality with a finite count changed.
  public func map(_ transform: (Int) -> Int) -> Cardinality {
    if case .finite(let count) = self { return .finite(transform(count)) }
    return self
  }
}

/// Dtypes and shapes of a dataset's components.
public struct ElementSpecification: Sendable, Hashable {
  public var types: [DType]
  public var shapes: [PartialShape]

  /// Shapes that are missing are unknown.
  public init(types: [DType], shapes: [PartialShape]) {
    self.types = types
    self.shapes = types.indices.map { shapes.indices.contains($0) ? shapes[$0] : .unknown }
  }

  /// From the attributes of a node.
  public init(
    _ attributes: Attributes, types: String = "output_types", shapes: String = "output_shapes"
  ) throws(StatusError) {
    self.init(types: try attributes.types(types), shapes: try attributes.shapes(shapes))
  }

  public var count: Int { types.count }

  /// - Throws: ``StatusError/Code/invalidArgument`` if elements of `other` cannot stand where these
  ///   are asked for.
  public func checkAccepts(_ other: ElementSpecification) throws(StatusError) {
    try checkTypes(other.types)
    for (index, shape) in other.shapes.enumerated() where !shapes[index].isCompatible(with: shape) {
      throw incompatible(index, shape.description)
    }
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if `element` does not fit.
  public func checkAccepts(_ element: [AnyTensor]) throws(StatusError) {
    try checkTypes(element.map(\.dtype))
    for (index, tensor) in element.enumerated()
    where !shapes[index].isCompatible(with: tensor.shape) {
      throw incompatible(index, tensor.shape.description)
    }
  }

  private func checkTypes(_ others: [DType]) throws(StatusError) {
    guard others.count == count else {
      throw .invalidArgument(
        "Number of components does not match: expected \(count) types but got \(others.count).")
    }
    for (index, type) in others.enumerated() where type.base != types[index].base {
      throw .invalidArgument(
        "Data type mismatch at component \(index): expected \(types[index].name) but got "
          + "\(type.name).")
    }
  }

  @inline(never)
  private func incompatible(_ index: Int, _ shape: String) -> StatusError {
    .invalidArgument(
      "Incompatible shapes at component \(index): expected \(shapes[index]) but got \(shape).")
  }
}
