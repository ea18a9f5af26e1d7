public import LoomCore
public import LoomGraph
public import LoomRuntime

/// A variable of a graph, whatever its dtype: the operations that hold, set and read it.
public struct AnyVariable: Sendable, NamedGraphItem {
  /// The handle of a resource variable, or the reference of one of the first generation.
  public let handle: AnyOutput
  public let dtype: DType
  /// Sets the initial value.
  public let initializer: Operation
  public let initialValue: AnyOutput?
  /// The value, read once a step at no particular time.
  public let value: AnyOutput
  /// Whether optimizers change it unless told otherwise.
  public let isTrainable: Bool

  public init(
    handle: AnyOutput, dtype: DType, initializer: Operation, initialValue: AnyOutput?,
    value: AnyOutput, isTrainable: Bool
  ) {
    self.handle = handle
    self.dtype = dtype
    self.initializer = initializer
    self.initialValue = initialValue
    self.value = value
    self.isTrainable = isTrainable
  }

  public var graph: Graph { handle.graph }
  public var operation: Operation { handle.operation }
  /// `w:0`, as checkpoints and collections know it without the suffix.
  public var name: String { handle.name }
  /// The operation's name, under which checkpoints store the value.
  public var key: String { handle.operation.name }
  public var isResource: Bool { handle.dtype == .resource }
  /// What is known of the value's shape.
  public var shape: PartialShape {
    isResource ? handle.handle?.first?.shape ?? .unknown : handle.shape
  }
  /// What gradients are taken with respect to.
  var gradientTarget: AnyOutput { handle }
}

extension AnyVariable: Hashable {
  public static func == (a: AnyVariable, b: AnyVariable) -> Bool { a.handle == b.handle }
  public func hash(into hasher: inout Hasher) { hasher.combine(handle) }
}

extension AnyVariable: GraphBound {
  public var detached: @Sendable (Graph) -> AnyVariable {
    let (handle, initializer, value) = (handle.detached, initializer.detached, value.detached)
    let (initialValue, dtype, isTrainable) = (initialValue?.detached, dtype, isTrainable)
    return { graph in
      AnyVariable(
        handle: handle(graph), dtype: dtype, initializer: initializer(graph),
        initialValue: initialValue?(graph), value: value(graph), isTrainable: isTrainable)
    }
  }
}

extension AnyVariable: CustomStringConvertible {
  public var description: String { "variable \(name) \(dtype)\(shape)" }
}

extension AnyVariable: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) { try list.add(value) }
  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> AnyTensor {
    try values.next()
  }
}

// MARK: State

extension AnyVariable {
  /// A read of its own, which respects the control dependencies of the current scope.
  public func read(name: String? = nil) throws(StatusError) -> AnyOutput {
    if isResource {
      return try graph.build(
        "ReadVariableOp", [handle], ["dtype": .type(dtype)], name: name ?? "ReadVariableOp")
    }
    return try graph.build("Identity", [handle], name: name ?? "read")
  }

  /// Makes `value` the variable's value; the result is the new value.
  ///
  /// - Parameter validatingShape: Whether a value of another shape is refused.
  /// - Throws: ``StatusError/Code/invalidArgument`` if known shapes or dtypes do not fit.
  @discardableResult
  public func assign(
    _ value: AnyOutput, validatingShape: Bool = true, name: String? = nil
  ) throws(StatusError) -> AnyOutput {
    if isResource {
      guard !validatingShape || shape.isCompatible(with: value.shape) else {
        throw .invalidArgument(
          "Cannot assign value to variable '\(self.name)': Shape mismatch. The variable shape "
            + "\(shape), and the assigned value shape \(value.shape) are incompatible.")
      }
      return try updated("AssignVariableOp", value, name)
    }
    return try graph.build(
      "Assign", [handle, value], ["validate_shape": .bool(validatingShape)],
      name: name ?? "Assign")
  }

  /// Adds to the value; the result is the new value.
  @discardableResult
  public func assignAdd(_ delta: AnyOutput, name: String? = nil) throws(StatusError) -> AnyOutput {
    isResource
      ? try updated("AssignAddVariableOp", delta, name)
      : try graph.build("AssignAdd", [handle, delta], name: name ?? "AssignAdd")
  }

  /// Subtracts from the value; the result is the new value.
  @discardableResult
  public func assignSubtract(
    _ delta: AnyOutput, name: String? = nil
  ) throws(StatusError) -> AnyOutput {
    isResource
      ? try updated("AssignSubVariableOp", delta, name)
      : try graph.build("AssignSub", [handle, delta], name: name ?? "AssignSub")
  }

  /// An update of the resource, and a read that waits for it.
  private func updated(
    _ op: String, _ value: AnyOutput, _ name: String?
  ) throws(StatusError) -> AnyOutput {
    let update = try graph.addOperation(op, inputs: [handle, value], name: name)
    return try graph.withControlDependencies(on: [update]) { () throws(StatusError) in
      try read()
    }
  }

  /// Whether the variable has a value.
  public func isInitialized(name: String? = nil) throws(StatusError) -> Output<Bool> {
    try Output(
      graph.build(isResource ? "VarIsInitializedOp" : "IsVariableInitialized", [handle], name: name)
    )
  }

  /// The value if there is one, otherwise the initial value: what the initial values of other
  /// variables may depend on.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` if the initial value is not known.
  public func initializedValue() throws(StatusError) -> AnyOutput {
    guard let initialValue else {
      throw .failedPrecondition("The initial value of variable '\(name)' is not known")
    }
    return try graph.withNameScope("cond") { () throws(StatusError) in
      let isSet = try isInitialized().erased
      let known = try graph.addOperation(
        isResource ? "Switch" : "RefSwitch", inputs: [handle, isSet], name: "Switch")
      // Each side runs only where the switch lets it through.
      let current =
        isResource
        ? try graph.build(
          "ReadVariableOp", [known.output(1)], ["dtype": .type(dtype)], name: "ReadVariableOp")
        : try graph.build("Identity", [known.output(1)])
      let initial = try graph.addOperation("Switch", inputs: [initialValue, isSet])
      return try graph.build("Merge", [initial.output(0), current])
    }
  }
}
