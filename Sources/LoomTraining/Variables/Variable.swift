public import LoomCore
public import LoomGraph
public import LoomRuntime

/// A variable with elements of one Swift type.
///
/// The operations that make it up stand in the graph; its value lives in a session (or on a server),
/// from the run of ``initializer`` on.
public struct Variable<Scalar: TensorScalar>: Sendable, Hashable {
  public let erased: AnyVariable

  /// - Throws: ``StatusError/Code/invalidArgument`` if the dtype differs.
  public init(_ erased: AnyVariable) throws(StatusError) {
    guard erased.dtype == Scalar.dtype else {
      throw .invalidArgument(
        "Expected variable '\(erased.name)' to be \(Scalar.dtype), got \(erased.dtype)")
    }
    self.erased = erased
    value = try Output(erased.value)
  }

  private init(known erased: AnyVariable, value: Output<Scalar>) {
    self.erased = erased
    self.value = value
  }

  /// The value, read once a step at no particular time: use ``read(name:)`` to read after an update.
  public let value: Output<Scalar>

  public var graph: Graph { erased.graph }
  public var operation: Operation { erased.operation }
  public var name: String { erased.name }
  public var shape: PartialShape { erased.shape }
  /// Sets the initial value.
  public var initializer: Operation { erased.initializer }

  /// A read of its own, which respects the control dependencies of the current scope.
  public func read(name: String? = nil) throws(StatusError) -> Output<Scalar> {
    try Output(erased.read(name: name))
  }

  /// Makes `value` the variable's value; the result is the new value.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not fit.
  @discardableResult
  public func assign(
    _ value: Output<Scalar>, validatingShape: Bool = true, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    try Output(erased.assign(value.erased, validatingShape: validatingShape, name: name))
  }

  /// Makes a constant the variable's value; the result is the new value.
  @discardableResult
  public func assign(_ value: Tensor<Scalar>) throws(StatusError) -> Output<Scalar> {
    try Output(erased.assign(graph.constantTensor(value.erased)))
  }

  /// Whether the variable has a value.
  public func isInitialized() throws(StatusError) -> Output<Bool> { try erased.isInitialized() }

  /// The value if there is one, otherwise the initial value.
  public func initializedValue() throws(StatusError) -> Output<Scalar> {
    try Output(erased.initializedValue())
  }
}

extension Variable where Scalar: NumericScalar {
  /// Adds to the value; the result is the new value.
  @discardableResult
  public func assignAdd(
    _ delta: Output<Scalar>, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    try Output(erased.assignAdd(delta.erased, name: name))
  }

  /// Adds a constant to the value; the result is the new value.
  @discardableResult
  public func assignAdd(_ delta: Tensor<Scalar>) throws(StatusError) -> Output<Scalar> {
    try Output(erased.assignAdd(graph.constantTensor(delta.erased)))
  }

  /// Subtracts from the value; the result is the new value.
  @discardableResult
  public func assignSubtract(
    _ delta: Output<Scalar>, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    try Output(erased.assignSubtract(delta.erased, name: name))
  }
}

extension Variable where Scalar: IntegerScalar {
  /// The value, which then grows by one.
  ///
  /// - Throws: at run time ``StatusError/Code/outOfRange`` once the value is `limit`.
  public func countUp(to limit: Int, name: String? = nil) throws(StatusError) -> Output<Scalar> {
    let limit = AttributeValue.int(Int64(limit))
    return try Output(
      erased.isResource
        ? graph.build(
          "ResourceCountUpTo", [erased.handle], ["limit": limit, "T": .type(Scalar.dtype)],
          name: name)
        : graph.build("CountUpTo", [erased.handle], ["limit": limit], name: name))
  }
}

extension Variable: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) {
    try list.add(value.erased)
  }
  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> Tensor<Scalar> {
    try Tensor(values.next())
  }
}

extension Variable: GraphBound {
  public var detached: @Sendable (Graph) -> Variable {
    let (erased, value) = (erased.detached, value.detached)
    return { Variable(known: erased($0), value: value($0)) }
  }
}
