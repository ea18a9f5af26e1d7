public import LoomCore
public import LoomGraph

/// A store of elements on their way, bounded by count or memory: a light queue that is never closed.
public struct StagingArea<each Scalar: TensorScalar>: Sendable {
  public let graph: Graph
  private let types: [DType]
  private let attributes: [String: AttributeValue]

  init(_ graph: Graph, _ types: [DType], _ attributes: [String: AttributeValue]) {
    self.graph = graph
    self.types = types
    self.attributes = attributes
  }

  /// Puts an element in; waits while the area is full.
  ///
  /// - Throws: at run time ``StatusError/Code/resourceExhausted`` if it can never fit.
  /// - SeeAlso: TensorFlow op `Stage`.
  public func put(
    _ component: repeat Output<each Scalar>, name: String? = nil
  ) throws(StatusError) -> Operation {
    var components: [AnyOutput] = []
    for output in repeat each component { components.append(output.erased) }
    return try graph.addOperation("Stage", inputs: components, attributes: attributes, name: name)
  }

  /// Takes the first element out; waits while there is none.
  ///
  /// - SeeAlso: TensorFlow op `Unstage`.
  public func get(name: String? = nil) throws(StatusError) -> (repeat Output<each Scalar>) {
    try graph.addOperation("Unstage", attributes: attributes, name: name).outputs.typed()
  }

  /// Element `index`, which stays; waits until there are as many.
  ///
  /// - SeeAlso: TensorFlow op `StagePeek`.
  public func peek(
    _ index: Int, name: String? = nil
  ) throws(StatusError) -> (repeat Output<each Scalar>) {
    try graph.addOperation(
      "StagePeek", inputs: [graph.constantInt(index)], attributes: attributes, name: name
    ).outputs.typed()
  }

  /// The number of elements.
  public func size(name: String? = nil) throws(StatusError) -> Output<Int32> {
    try Output(graph.build("StageSize", [], attributes, name: name))
  }

  /// Drops all elements.
  public func clear(name: String? = nil) throws(StatusError) -> Operation {
    try graph.addOperation("StageClear", attributes: attributes, name: name)
  }
}

extension Graph {
  /// A staging area.
  ///
  /// - Parameters:
  ///   - name: Areas of one name in one container are one.
  ///   - capacity: How many elements it holds at most.
  ///   - memoryLimit: How many bytes it holds at most.
  public func stagingArea<each Scalar: TensorScalar>(
    _ name: String, of type: repeat (each Scalar).Type, capacity: Int? = nil,
    memoryLimit: Int? = nil
  ) throws(StatusError) -> StagingArea<repeat each Scalar> {
    var types: [DType] = []
    for type in repeat each type { types.append(type.dtype) }
    return StagingArea(
      self, types,
      [
        "dtypes": .types(types), "capacity": .int(Int64(capacity ?? 0)),
        "memory_limit": .int(Int64(memoryLimit ?? 0)), "shared_name": .string(ByteString(name)),
      ])
  }
}
