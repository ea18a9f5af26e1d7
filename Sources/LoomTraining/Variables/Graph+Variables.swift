public import LoomCore
public import LoomGraph

extension Graph {
  /// A variable of Float elements.
  ///
  /// - Parameters:
  ///   - name: Made unique and prefixed by the name scope, as names of operations are.
  ///   - initialValue: What ``Variable/initializer`` sets.
  /// - Throws: ``StatusError/Code/invalidArgument`` for malformed names and shapes.
  /// - SeeAlso: `tf.Variable`.
  public func variable(
    _ name: String? = nil, initialValue: Initializer<Float>,
    options: VariableOptions = VariableOptions()
  ) throws(StatusError) -> Variable<Float> {
    try makeVariable(name, initialValue, options)
  }

  /// A variable of elements of any type; see `variable(_:initialValue:options:)-float`.
  public func variable<Scalar: TensorScalar>(
    _ name: String? = nil, initialValue: Initializer<Scalar>,
    options: VariableOptions = VariableOptions()
  ) throws(StatusError) -> Variable<Scalar> {
    try makeVariable(name, initialValue, options)
  }

  /// A variable that starts with the value of a tensor. Other variables that the tensor depends on
  /// are read only if they have a value; otherwise their initial values are taken.
  public func variable<Scalar: TensorScalar>(
    _ name: String? = nil, initialValue: Output<Scalar>,
    options: VariableOptions = VariableOptions()
  ) throws(StatusError) -> Variable<Scalar> {
    try Variable(anyVariable(name, initialValue: initialValue.erased, options: options))
  }

  /// A variable that starts with a given value.
  public func variable<Scalar: TensorScalar>(
    _ name: String? = nil, initialValue: Tensor<Scalar>,
    options: VariableOptions = VariableOptions()
  ) throws(StatusError) -> Variable<Scalar> {
    try makeVariable(name, .tensor(initialValue), options)
  }

  /// A variable of any dtype that starts with the value of a tensor.
  public func anyVariable(
    _ name: String? = nil, initialValue: AnyOutput, options: VariableOptions = VariableOptions()
  ) throws(StatusError) -> AnyVariable {
    let initialValue = try InitialValueRewriter(graph: self).rewrite(initialValue)
    return try anyVariable(scope: name ?? "Variable", options, initialValue.dtype.base) {
      () throws(StatusError) in initialValue
    }
  }

  private func makeVariable<Scalar: TensorScalar>(
    _ name: String?, _ initializer: Initializer<Scalar>, _ options: VariableOptions
  ) throws(StatusError) -> Variable<Scalar> {
    try Variable(
      anyVariable(scope: name ?? "Variable", options, Scalar.dtype) { () throws(StatusError) in
        try initializer.build(in: self)
      })
  }

  /// Makes the operations of a variable inside a name scope of its own.
  func anyVariable(
    scope: String, _ options: VariableOptions, _ dtype: DType,
    _ initialValue: () throws(StatusError) -> AnyOutput
  ) throws(StatusError) -> AnyVariable {
    let variable = try withoutControlDependencies { () throws(StatusError) in
      try withNameScope(scope) { () throws(StatusError) in
        // `scope/`: taken as it is.
        let name = nameScope
        let value = try withNameScope("Initializer", initialValue)
        return options.isReference
          ? try referenceVariable(name, dtype, value, options)
          : try resourceVariable(name, dtype, value, options)
      }
    }
    try addToCollections(options.allCollections, variable)
    return variable
  }

  private func attributes(
    _ options: VariableOptions, _ dtype: DType, _ value: AnyOutput, sharedName: String
  ) -> [String: AttributeValue] {
    var result: [String: AttributeValue] = [
      "dtype": .type(dtype), "shape": .shape(options.validatesShape ? value.shape : .unknown),
      "shared_name": .string(ByteString(options.sharedName ?? sharedName)),
    ]
    if let container = options.container {
      result["container"] = .string(ByteString(container))
    }
    return result
  }

  private func resourceVariable(
    _ name: String, _ dtype: DType, _ value: AnyOutput, _ options: VariableOptions
  ) throws(StatusError) -> AnyVariable {
    let handle = try build(
      "VarHandleOp", [],
      attributes(options, dtype, value, sharedName: String(name.dropLast())), name: name)
    _ = try withNameScope("IsInitialized") { () throws(StatusError) in
      try addOperation("VarIsInitializedOp", inputs: [handle])
    }
    let initializer = try addOperation("AssignVariableOp", inputs: [handle, value], name: "Assign")
    let read = try withNameScope("Read") { () throws(StatusError) in
      try build("ReadVariableOp", [handle], ["dtype": .type(dtype)])
    }
    return AnyVariable(
      handle: handle, dtype: dtype, initializer: initializer, initialValue: value, value: read,
      isTrainable: options.isTrainable)
  }

  private func referenceVariable(
    _ name: String, _ dtype: DType, _ value: AnyOutput, _ options: VariableOptions
  ) throws(StatusError) -> AnyVariable {
    // References have no shared name unless asked for: the operation's name serves.
    let reference = try build(
      "VariableV2", [], attributes(options, dtype, value, sharedName: ""), name: name)
    return try withColocation(with: reference.operation) { () throws(StatusError) in
      let initializer = try addOperation(
        "Assign", inputs: [reference, value],
        attributes: ["validate_shape": .bool(options.validatesShape)], name: "Assign")
      let read = try build("Identity", [reference], name: "read")
      return AnyVariable(
        handle: reference, dtype: dtype, initializer: initializer, initialValue: value,
        value: read, isTrainable: options.isTrainable)
    }
  }

  // MARK: All of them

  /// Variables in the order they were made, unless they are local.
  public var globalVariables: [AnyVariable] {
    collection(CollectionKey.globalVariables, of: AnyVariable.self)
  }

  /// Variables that optimizers change.
  public var trainableVariables: [AnyVariable] {
    collection(CollectionKey.trainableVariables, of: AnyVariable.self)
  }

  public var localVariables: [AnyVariable] {
    collection(CollectionKey.localVariables, of: AnyVariable.self)
  }

  /// Initialises all global variables, in no particular order.
  ///
  /// Each use adds an operation, for the variables made until then.
  public var globalVariablesInitializer: Operation {
    get throws(StatusError) { try initializer(of: globalVariables) }
  }

  /// Initialises all local variables, in no particular order.
  public var localVariablesInitializer: Operation {
    get throws(StatusError) { try initializer(of: localVariables) }
  }

  /// Initialises some variables, in no particular order.
  public func initializer(
    of variables: [AnyVariable], name: String = "init"
  ) throws(StatusError) -> Operation {
    try withoutControlDependencies { () throws(StatusError) in
      try addOperation("NoOp", name: name, controlInputs: variables.map(\.initializer))
    }
  }

  /// The names of those variables (global and local ones by default) that have no value yet.
  public func reportUninitializedVariables(
    _ variables: [AnyVariable]? = nil, name: String = "report_uninitialized_variables"
  ) throws(StatusError) -> Output<ByteString> {
    let variables = variables ?? globalVariables + localVariables
    let names = try AnyTensor(
      variables.map { ByteString($0.key) }, shape: Shape(vector: variables.count))
    guard !variables.isEmpty else { return try Output(constantTensor(names)) }
    return try withNameScope(name) { () throws(StatusError) in
      var states: [AnyOutput] = []
      for variable in variables { states.append(try variable.isInitialized().erased) }
      let missing = try build("LogicalNot", [build("Pack", states)])
      let places = try build(
        "Squeeze", [build("Where", [missing])], ["squeeze_dims": .ints([1])])
      return try Output(
        build("GatherV2", [constantTensor(names), places, constantInt(0, name: "axis")]))
    }
  }

  /// All of `variables` have a value, or the run fails.
  public func assertVariablesInitialized(
    _ variables: [AnyVariable]? = nil
  ) throws(StatusError) -> Operation {
    let names = try reportUninitializedVariables(variables)
    let isEmpty = try build(
      "Equal", [build("Size", [names.erased]), constantInt(0)], name: "is_empty")
    return try addOperation(
      "Assert", inputs: [isEmpty, names.erased], name: "variables_initialized")
  }
}
