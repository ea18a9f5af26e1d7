public import LoomCore
public import LoomGraph

/// Repeats `body` on the loop variables while `condition` holds.
///
/// Tensors from outside may be used in `condition` and `body`; they are the same in every iteration.
/// What is made in `body` is of the loop and can't be used, fed or fetched outside of it.
///
/// - Parameters:
///   - loopVariables: what the first iteration begins with; at least one.
///   - shapeInvariants: what the shape of each variable is in all iterations. By default the shape it
///     begins with.
///   - maximumIterations: ends the loop after so many iterations.
///   - parallelIterations: how many iterations may be under way at once; no result depends on it.
///   - condition: gets the variables, returns a scalar.
///   - body: gets the variables, returns those of the next iteration, with the same dtypes.
/// - Returns: the variables after the last iteration.
/// - Throws: ``StatusError/Code/invalidArgument`` if number, dtypes or shapes of what `body` returns do
///   not fit, or `parallelIterations` is not positive; what the closures throw.
/// - SeeAlso: `tf.while_loop`.
public func whileLoop(
  loopVariables: [AnyOutput], shapeInvariants: [PartialShape]? = nil,
  maximumIterations: Int? = nil, parallelIterations: Int = 10, name: String? = nil,
  condition: ([AnyOutput]) throws -> Output<Bool>,
  body: ([AnyOutput]) throws -> [AnyOutput]
) throws(StatusError) -> [AnyOutput] {
  guard let graph = loopVariables.first?.graph else {
    throw .invalidArgument("No loop variables provided")
  }
  guard parallelIterations > 0 else {
    throw .invalidArgument(
      "parallel_iterations must be a positive integer, got \(parallelIterations)")
  }
  guard shapeInvariants.map({ $0.count == loopVariables.count }) ?? true else {
    throw .invalidArgument(
      "Expected a shape invariant for each of \(loopVariables.count) loop variables, got "
        + "\(shapeInvariants?.count ?? 0)")
  }
  return try graph.withNameScope(name ?? "while") { () throws(StatusError) in
    let builder = LoopBuilder(graph: graph, parallelIterations: parallelIterations)
    guard let maximumIterations else {
      return try builder.build(loopVariables, shapeInvariants, condition, body)
    }
    // The number of iterations done is one more variable, before the others.
    let counter = try graph.constantInt(0, name: "iteration_counter")
    let limit = try graph.constantInt(maximumIterations, name: "maximum_iterations")
    let invariants = shapeInvariants.map { [.scalar] + $0 }
    let all = try builder.build([counter] + loopVariables, invariants) { variables in
      let isBelow = try graph.build("Less", [variables[0], limit])
      let holds = try condition(Array(variables.dropFirst()))
      return try Output(graph.build("LogicalAnd", [isBelow, holds.erased]))
    } _: { variables in
      let next = try graph.build("AddV2", [variables[0], graph.constantInt(1)])
      return [next] + (try body(Array(variables.dropFirst())))
    }
    return Array(all.dropFirst())
  }
}

/// Repeats `body` on the loop variables while `condition` holds.
///
/// - Parameters:
///   - loopVariables: what the first iteration begins with; their shapes stay what they are. For
///     variables that change their shape use the form that takes erased outputs.
///   - maximumIterations: ends the loop after so many iterations.
///   - parallelIterations: how many iterations may be under way at once; no result depends on it.
/// - Returns: the variables after the last iteration.
/// - Throws: what the erased form throws.
/// - SeeAlso: `tf.while_loop`.
public func whileLoop<each Variable: TensorScalar>(
  loopVariables variables: repeat Output<each Variable>,
  maximumIterations: Int? = nil, parallelIterations: Int = 10, name: String? = nil,
  condition: (repeat Output<each Variable>) throws -> Output<Bool>,
  body: (repeat Output<each Variable>) throws -> (repeat Output<each Variable>)
) throws(StatusError) -> (repeat Output<each Variable>) {
  var erased: [AnyOutput] = []
  for variable in repeat each variables { erased.append(variable.erased) }
  let results = try whileLoop(
    loopVariables: erased, maximumIterations: maximumIterations,
    parallelIterations: parallelIterations, name: name
  ) { variables in
    var rest = variables[...]
    return try condition(repeat takeOutput(&rest, as: (each Variable).self))
  } body: { variables in
    var rest = variables[...]
    let next = try body(repeat takeOutput(&rest, as: (each Variable).self))
    var erased: [AnyOutput] = []
    for variable in repeat each next { erased.append(variable.erased) }
    return erased
  }
  var rest = results[...]
  return (repeat try takeOutput(&rest, as: (each Variable).self))
}

/// Repeats `body` on one variable while `condition` holds.
///
/// - Returns: the variable after the last iteration.
/// - Throws: what the form for several variables throws.
/// - SeeAlso: `tf.while_loop`.
public func whileLoop<Scalar: TensorScalar>(
  loopVariable variable: Output<Scalar>, maximumIterations: Int? = nil,
  parallelIterations: Int = 10, name: String? = nil,
  condition: (Output<Scalar>) throws -> Output<Bool>,
  body: (Output<Scalar>) throws -> Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  let results = try whileLoop(
    loopVariables: [variable.erased], maximumIterations: maximumIterations,
    parallelIterations: parallelIterations, name: name,
    condition: { try condition(Output($0[0])) }, body: { [try body(Output($0[0])).erased] })
  return try Output(results[0])
}

func takeOutput<Scalar: TensorScalar>(
  _ outputs: inout ArraySlice<AnyOutput>, as type: Scalar.Type
) throws(StatusError) -> Output<Scalar> {
  guard let output = outputs.popFirst() else {
    throw .internal("Fewer results than variables")
  }
  return try Output(output)
}
