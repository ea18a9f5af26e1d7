public import LoomCore

/// Infers output shapes from what is known of the inputs. Must not fail for unknowns.
public struct ShapeFunction: Sendable {
  public let body: @Sendable (ShapeContext) throws -> Void

  public init(_ body: @escaping @Sendable (ShapeContext) throws -> Void) { self.body = body }

  /// Every output has the shape of input 0.
  public static let unchanged = ShapeFunction { context in
    for index in 0..<context.outputCount { context.setOutput(index, context.input(0)) }
  }

  /// Nothing is known of any output.
  public static let unknown = ShapeFunction { _ in }

  /// Every output is a scalar.
  public static let scalar = ShapeFunction { context in
    for index in 0..<context.outputCount { context.setOutput(index, .scalar) }
  }

  /// The op has no outputs.
  public static let none = ShapeFunction { _ in }
}

/// What a shape function sees and sets. Lives for one inference, on one thread.
public final class ShapeContext {
  public let operationName: String
  public let op: String
  public let attributes: Attributes
  public let inputs: [PartialShape]
  public let inputTypes: [DType]
  public let outputTypes: [DType]
  public private(set) var outputs: [PartialShape]
  /// The GraphDef version of the graph's writer; old ones meant some attributes differently.
  public let producer: Int
  private let inputHandles: [[ResourceHandle.Component]?]
  public private(set) var outputHandles: [[ResourceHandle.Component]?]
  private let knowledge: any ValueKnowledge

  package init(
    operationName: String, op: String, attributes: Attributes, inputs: [PartialShape],
    inputTypes: [DType], outputTypes: [DType], inputHandles: [[ResourceHandle.Component]?],
    knowledge: any ValueKnowledge,
    producer: Int = GraphDefinition.Versions.current.producer
  ) {
    self.operationName = operationName
    self.op = op
    self.attributes = attributes
    self.inputs = inputs
    self.inputTypes = inputTypes
    self.outputTypes = outputTypes
    outputs = outputTypes.map { _ in .unknown }
    self.inputHandles = inputHandles
    outputHandles = outputTypes.map { _ in nil }
    self.knowledge = knowledge
    self.producer = producer
  }

  public var inputCount: Int { inputs.count }
  public var outputCount: Int { outputs.count }

  /// What is known of input `index`; unknown for an index outside.
  public func input(_ index: Int) -> PartialShape {
    inputs.indices.contains(index) ? inputs[index] : .unknown
  }

  public func setOutput(_ index: Int, _ shape: PartialShape) {
    if outputs.indices.contains(index) { outputs[index] = shape }
  }

  /// The value of input `index`, if it is a constant (or folds to one).
  public func constant(_ index: Int) -> AnyTensor? { knowledge.constant(input: index) }

  /// The elements of an integer input of rank 0 or 1 as far as they are known.
  public func partialValue(_ index: Int) -> [Int?]? { knowledge.partialValue(input: index) }

  /// The value of input `index` read as a shape (-1 is an unknown size); unknown rank if nothing is
  /// known.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the input is not a vector, or an element is
  ///   below -1.
  public func shapeValue(_ index: Int) throws(StatusError) -> PartialShape {
    let shape = input(index)
    if let rank = shape.rank, rank != 1 {
      // A scalar -1 stands for unknown rank.
      if rank == 0, let value = partialValue(index), value == [-1] { return .unknown }
      throw .invalidArgument("Shape must be rank 1 but is rank \(rank)")
    }
    guard let value = partialValue(index) else {
      return shape[0].map { PartialShape.unknown(rank: Swift.min($0, Shape.maximumRank)) }
        ?? .unknown
    }
    for case let size? in value where size < -1 {
      throw .invalidArgument("Dimension \(size) must be >= -1")
    }
    return PartialShape(value)
  }

  /// Input `index` if it has, or may have, the given rank.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the rank is known and differs.
  @discardableResult
  public func requireRank(_ index: Int, _ rank: Int) throws(StatusError) -> PartialShape {
    let shape = input(index)
    guard let actual = shape.rank else { return .unknown(rank: rank) }
    guard actual == rank else {
      throw .invalidArgument("Shape must be rank \(rank) but is rank \(actual)")
    }
    return shape
  }

  @discardableResult
  public func requireRank(_ index: Int, atLeast rank: Int) throws(StatusError) -> PartialShape {
    let shape = input(index)
    if let actual = shape.rank, actual < rank {
      throw .invalidArgument("Shape must be at least rank \(rank) but is rank \(actual)")
    }
    return shape
  }

  @discardableResult
  public func requireRank(_ index: Int, atMost rank: Int) throws(StatusError) -> PartialShape {
    let shape = input(index)
    if let actual = shape.rank, actual > rank {
      throw .invalidArgument("Shape must be at most rank \(rank) but is rank \(actual)")
    }
    return shape
  }

  /// The size both dimensions must have.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if both are known and differ.
  public static func merge(_ a: Int?, _ b: Int?) throws(StatusError) -> Int? {
    guard let a else { return b }
    guard let b else { return a }
    guard a == b else {
      throw .invalidArgument("Dimensions must be equal, but are \(a) and \(b)")
    }
    return a
  }

  /// Dtypes and shapes behind the resource handle of input `index`, if known.
  public func handle(_ index: Int) -> [ResourceHandle.Component]? {
    inputHandles.indices.contains(index) ? inputHandles[index] : nil
  }

  public func setHandle(_ index: Int, _ components: [ResourceHandle.Component]?) {
    if outputHandles.indices.contains(index) { outputHandles[index] = components }
  }
}

/// Tells a shape function what is known of the values of its inputs.
package protocol ValueKnowledge {
  func constant(input: Int) -> AnyTensor?
  func partialValue(input: Int) -> [Int?]?
}
