public import LoomCore
public import LoomGraph

/// What a run is asked for, collected part by part.
public struct FetchList {
  /// The session's graph: every part must belong to it.
  public let graph: Graph
  package private(set) var outputs: [AnyOutput] = []
  package private(set) var targets: [Operation] = []

  package init(graph: Graph) { self.graph = graph }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the tensor is of another graph, does not exist
  ///   or must not be fetched.
  public mutating func add(_ output: AnyOutput) throws(StatusError) {
    guard output.graph === graph else { throw FetchList.foreign(output.name) }
    let node = output.operation.node
    guard node.outputTypes.indices.contains(output.index) else {
      throw FetchList.unusable(
        output.name,
        "The name '\(output.name)' refers to a Tensor which does not exist. The operation, "
          + "'\(node.name)', exists but only has \(node.outputTypes.count) outputs.")
    }
    try checkFetchable(output.operation, node.name)
    outputs.append(output)
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the operation is of another graph or must not be
  ///   fetched.
  public mutating func add(_ operation: Operation) throws(StatusError) {
    guard operation.graph === graph else { throw FetchList.foreign(operation.name) }
    try checkFetchable(operation, operation.name)
    targets.append(operation)
  }

  /// The tensor of a name, to be added in the name's place.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the graph has no such tensor.
  public func output(named name: String) throws(StatusError) -> AnyOutput {
    do throws(StatusError) { return try graph.output(named: name) } catch {
      throw FetchList.unusable(name, error.reason)
    }
  }

  /// The operation of a name, to be added in the name's place.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the graph has no such operation.
  public func operation(named name: String) throws(StatusError) -> Operation {
    do throws(StatusError) { return try graph.operation(named: name) } catch {
      throw FetchList.unusable(name, error.reason)
    }
  }

  private func checkFetchable(_ operation: Operation, _ name: String) throws(StatusError) {
    guard graph.isFetchable(operation) else {
      throw .invalidArgument("Operation '\(name)' has been marked as not fetchable.")
    }
  }

  @inline(never)
  private static func unusable(_ name: String, _ reason: String) -> StatusError {
    .invalidArgument("Argument `fetch` = \(name) cannot be interpreted as a Tensor. (\(reason))")
  }

  @inline(never)
  private static func foreign(_ name: String) -> StatusError {
    unusable(name, "Tensor \(name) is not an element of this graph.")
  }
}

/// The values of a run's fetches, taken in the order they were listed.
public struct FetchedValues {
  private let values: [AnyTensor]
  private var position = 0
  /// Stored tensors of the session, for fetched handles.
  package let session: Session?

  package init(_ values: [AnyTensor], session: Session?) {
    self.values = values
    self.session = session
  }

  /// The next value.
  ///
  /// - Throws: ``StatusError/Code/internal`` if more values are taken than were listed.
  public mutating func next() throws(StatusError) -> AnyTensor {
    guard position < values.count else {
      throw .internal("A fetch takes more values than it listed")
    }
    defer { position += 1 }
    return values[position]
  }

  /// The next value as a tensor of one Swift type.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for another dtype.
  public mutating func next<Scalar: TensorScalar>(
    of type: Scalar.Type
  ) throws(StatusError) -> Tensor<Scalar> {
    try Tensor(next())
  }
}
