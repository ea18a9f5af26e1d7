public import LoomCore

/// An operation of a graph: a handle, cheap to copy, equal when it names the same node.
public struct Operation: Sendable {
  public let graph: Graph
  public let id: Int

  package init(graph: Graph, id: Int) {
    self.graph = graph
    self.id = id
  }

  /// The node as it is now.
  public var node: Node { graph.node(id) }

  public var name: String { node.name }
  /// The op, such as `MatMul`.
  public var type: String { node.op }
  /// As requested, possibly partial or empty.
  public var device: String { node.device }
  public var attributes: Attributes { node.attributes }
  public var outputCount: Int { node.outputTypes.count }
  public var outputs: [AnyOutput] {
    (0..<outputCount).map { AnyOutput(operation: self, index: $0) }
  }
  public var inputs: [AnyOutput] {
    node.inputs.map {
      AnyOutput(operation: Operation(graph: graph, id: $0.node), index: $0.index)
    }
  }
  public var controlInputs: [Operation] {
    node.controlInputs.map { Operation(graph: graph, id: $0) }
  }
  public var colocationGroups: [String] { node.colocationGroups }

  /// Output `index`; using one that does not exist is an error at the place of use.
  public func output(_ index: Int) -> AnyOutput { AnyOutput(operation: self, index: index) }

  /// The value of an attribute.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the op has no such attribute.
  public func attribute(_ name: String) throws(StatusError) -> AttributeValue {
    guard let value = node.attributes[name] else {
      throw .invalidArgument("Operation '\(self.name)' has no attr named '\(name)'.")
    }
    return value
  }
}

extension Operation: Hashable {
  public static func == (a: Operation, b: Operation) -> Bool { a.id == b.id && a.graph === b.graph }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(ObjectIdentifier(graph))
  }
}

/// A symbolic tensor whose element type is known only at run time: one output of an operation.
public struct AnyOutput: Sendable, Hashable {
  public let operation: Operation
  public let index: Int

  public init(operation: Operation, index: Int) {
    self.operation = operation
    self.index = index
  }

  public var graph: Graph { operation.graph }
  /// `operation:index`.
  public var name: String { "\(operation.name):\(index)" }
  /// The dtype, possibly a reference dtype. `variant` where the operation has no such output.
  public var dtype: DType {
    let types = operation.node.outputTypes
    return types.indices.contains(index) ? types[index] : .variant
  }
  /// What is known of the shape.
  public var shape: PartialShape {
    let shapes = operation.node.outputShapes
    return shapes.indices.contains(index) ? shapes[index] : .unknown
  }
  /// Dtypes and shapes behind a resource handle, if known.
  public var handle: [ResourceHandle.Component]? {
    let handles = operation.node.outputHandles
    return handles.indices.contains(index) ? handles[index] : nil
  }
  /// Merges what is known of the shape with `shape`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if they contradict each other.
  public func setShape(_ shape: PartialShape) throws(StatusError) {
    try graph.mergeShape(shape, into: self)
  }
  /// The operations that read this tensor.
  public var consumers: [Operation] { graph.consumers(of: self) }
}

/// A symbolic tensor of elements of one Swift type.
public struct Output<Scalar: TensorScalar>: Sendable, Hashable {
  public let erased: AnyOutput

  /// - Throws: ``StatusError/Code/invalidArgument`` if the dtype differs.
  public init(_ erased: AnyOutput) throws(StatusError) {
    guard erased.dtype.base == Scalar.dtype else {
      throw .invalidArgument(
        "Expected tensor '\(erased.name)' to be \(Scalar.dtype), got \(erased.dtype)")
    }
    self.erased = erased
  }

  fileprivate init(known erased: AnyOutput) { self.erased = erased }

  public var operation: Operation { erased.operation }
  public var graph: Graph { erased.graph }
  public var name: String { erased.name }
  public var shape: PartialShape { erased.shape }
}

extension Operation: CustomStringConvertible {
  public var description: String { "\(name) (\(type))" }
}

extension AnyOutput: CustomStringConvertible {
  public var description: String { "\(name) \(dtype)\(shape)" }
}

// MARK: In collections

extension Operation: GraphBound {
  public var detached: @Sendable (Graph) -> Operation {
    let id = id
    return { Operation(graph: $0, id: id) }
  }
}

extension AnyOutput: GraphBound {
  public var detached: @Sendable (Graph) -> AnyOutput {
    let (operation, index) = (operation.detached, index)
    return { AnyOutput(operation: operation($0), index: index) }
  }
}

extension Output: GraphBound {
  public var detached: @Sendable (Graph) -> Output {
    let erased = erased.detached
    return { Output(known: erased($0)) }
  }
}
