public import LoomCore

/// An operation or a tensor of a graph.
public enum GraphElement: Sendable, Hashable {
  case operation(Operation)
  case output(AnyOutput)

  /// `operation` or `operation:index`.
  public var name: String {
    switch self {
    case .operation(let operation): operation.name
    case .output(let output): output.name
    }
  }

  /// The operation itself, or the one that makes the tensor.
  public var operation: Operation {
    switch self {
    case .operation(let operation): operation
    case .output(let output): output.operation
    }
  }

  public var graph: Graph { operation.graph }
}

/// Anything that stands for an operation or tensor of a graph, such as a variable.
public protocol GraphElementConvertible {
  var graphElement: GraphElement { get }
}

extension GraphElement: GraphElementConvertible {
  public var graphElement: GraphElement { self }
}
extension Operation: GraphElementConvertible {
  public var graphElement: GraphElement { .operation(self) }
}
extension AnyOutput: GraphElementConvertible {
  public var graphElement: GraphElement { .output(self) }
}
extension Output: GraphElementConvertible {
  public var graphElement: GraphElement { .output(erased) }
}

extension Graph {
  /// The operation (`name`) or tensor (`name:index`) of that name.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is none;
  ///   ``StatusError/Code/invalidArgument`` if it is not of an allowed kind, or neither is allowed.
  public func element(
    named name: String, allowingTensors: Bool = true, allowingOperations: Bool = true
  ) throws(StatusError) -> GraphElement {
    switch (allowingTensors, allowingOperations) {
    case (false, false): throw Graph.nothingAllowed()
    case (true, false): return .output(try output(named: name))
    case (false, true): return .operation(try operation(named: name))
    case (true, true):
      return name.contains(":")
        ? .output(try output(named: name)) : .operation(try operation(named: name))
    }
  }

  /// What `object` stands for in this graph.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if it belongs to another graph or is not of an
  ///   allowed kind.
  public func element(
    _ object: some GraphElementConvertible, allowingTensors: Bool = true,
    allowingOperations: Bool = true
  ) throws(StatusError) -> GraphElement {
    guard allowingTensors || allowingOperations else { throw Graph.nothingAllowed() }
    let element = object.graphElement
    guard element.graph === self else {
      throw .invalidArgument("'\(element.name)' is not an element of this graph.")
    }
    switch element {
    case .operation where !allowingOperations:
      throw .invalidArgument("Can not convert the Operation '\(element.name)' into a Tensor.")
    case .output where !allowingTensors:
      throw .invalidArgument("Can not convert the Tensor '\(element.name)' into an Operation.")
    default: return element
    }
  }

  @inline(never)
  private static func nothingAllowed() -> StatusError {
    .invalidArgument("Tensors and operations can't both be disallowed.")
  }
}
