public import LoomCore
public import LoomGraph

/// Something a session can fetch: a tensor, an operation, or a structure of such.
///
/// A type of your own takes part by listing its parts and rebuilding itself from their values.
public protocol Fetchable {
  associatedtype Fetched
  /// Adds the tensors and operations this stands for, in a fixed order.
  func flatten(into list: inout FetchList) throws(StatusError)
  /// Takes the values of those tensors, in the same order. Operations have no value.
  func rebuild(from values: inout FetchedValues) throws(StatusError) -> Fetched
}

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
    try check(output.operation, named: output.name)
    guard output.index >= 0, output.index < output.operation.outputCount else {
      throw .invalidArgument(
        "Argument `fetch` = \(output.name) cannot be interpreted as a Tensor. (The operation, "
          + "'\(output.operation.name)', exists but only has \(output.operation.outputCount) outputs.)"
      )
    }
    outputs.append(output)
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the operation is of another graph or must not be
  ///   fetched.
  public mutating func add(_ operation: Operation) throws(StatusError) {
    try check(operation, named: operation.name)
    targets.append(operation)
  }

  private func check(_ operation: Operation, named name: String) throws(StatusError) {
    guard operation.graph === graph else {
      throw .invalidArgument(
        "Argument `fetch` = \(name) cannot be interpreted as a Tensor. (Tensor \(name) is not an "
          + "element of this graph.)")
    }
    guard graph.isFetchable(operation) else {
      throw .invalidArgument("Operation '\(operation.name)' has been marked as not fetchable.")
    }
  }
}

/// The values of a run's fetches, taken in the order they were listed.
public struct FetchedValues {
  private let values: [AnyTensor]
  private var position = 0

  package init(_ values: [AnyTensor]) { self.values = values }

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
}

extension Output: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) { try list.add(erased) }
  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> Tensor<Scalar> {
    try Tensor(values.next())
  }
}

extension AnyOutput: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) { try list.add(self) }
  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> AnyTensor {
    try values.next()
  }
}

extension Operation: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) { try list.add(self) }
  public func rebuild(from values: inout FetchedValues) throws(StatusError) {}
}

extension String: Fetchable {
  /// `name:index` fetches the tensor; `name` runs the operation and gives `nil`.
  public func flatten(into list: inout FetchList) throws(StatusError) {
    do throws(StatusError) {
      if contains(":") {
        try list.add(list.graph.output(named: self))
      } else {
        try list.add(list.graph.operation(named: self))
      }
    } catch {
      guard error.code == .notFound || error.reason.hasPrefix("The name") else { throw error }
      throw .invalidArgument(
        "Argument `fetch` = \(self) cannot be interpreted as a Tensor. (\(error.reason))")
    }
  }

  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> AnyTensor? {
    contains(":") ? try values.next() : nil
  }
}

extension Array: Fetchable where Element: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) {
    for element in self { try element.flatten(into: &list) }
  }
  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> [Element.Fetched] {
    var result: [Element.Fetched] = []
    result.reserveCapacity(count)
    for element in self { result.append(try element.rebuild(from: &values)) }
    return result
  }
}

extension Dictionary: Fetchable where Key == String, Value: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) {
    for key in keys.sorted() { try self[key]?.flatten(into: &list) }
  }
  public func rebuild(
    from values: inout FetchedValues
  ) throws(StatusError) -> [String: Value.Fetched] {
    var result: [String: Value.Fetched] = [:]
    for key in keys.sorted() { result[key] = try self[key]?.rebuild(from: &values) }
    return result
  }
}

extension Optional: Fetchable where Wrapped: Fetchable {
  /// `nil` fetches nothing.
  public func flatten(into list: inout FetchList) throws(StatusError) {
    try self?.flatten(into: &list)
  }
  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> Wrapped.Fetched? {
    try self?.rebuild(from: &values)
  }
}

/// The value of fetched ``IndexedSlices``.
public struct IndexedSlicesValue: Sendable {
  public let values: AnyTensor
  public let indices: AnyTensor
  public let denseShape: AnyTensor?
}

extension IndexedSlices: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) {
    try list.add(values)
    try list.add(indices)
    if let denseShape { try list.add(denseShape) }
  }
  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> IndexedSlicesValue {
    IndexedSlicesValue(
      values: try values.next(), indices: try values.next(),
      denseShape: denseShape == nil ? nil : try values.next())
  }
}

/// Several fetches of different types as one; what runs with more than one fetch are made of.
public struct FetchPack<each Part: Fetchable>: Fetchable {
  let parts: (repeat each Part)

  public init(_ parts: repeat each Part) { self.parts = (repeat each parts) }

  public func flatten(into list: inout FetchList) throws(StatusError) {
    for part in repeat each parts { try part.flatten(into: &list) }
  }

  public func rebuild(
    from values: inout FetchedValues
  ) throws(StatusError) -> (repeat (each Part).Fetched) {
    (repeat try (each parts).rebuild(from: &values))
  }
}
