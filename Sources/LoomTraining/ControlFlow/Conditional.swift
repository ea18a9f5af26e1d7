public import LoomCore
public import LoomGraph

/// Runs one of two branches.
///
/// Only what is made inside a branch is left out when the other one is taken.
///
/// - Parameters:
///   - predicate: a scalar bool.
///   - then: makes the results where the predicate holds.
///   - else: makes the results where it does not; as many, of the same dtypes.
/// - Throws: ``StatusError/Code/invalidArgument`` if the results of the branches do not fit each other;
///   what the branches throw.
/// - SeeAlso: `tf.cond`.
public func cond(
  _ predicate: Output<Bool>, name: String? = nil, then: () throws -> [AnyOutput],
  else otherwise: () throws -> [AnyOutput]
) throws(StatusError) -> [AnyOutput] {
  let graph = predicate.graph
  return try graph.withNameScope(name ?? "cond") { () throws(StatusError) in
    let outer = graph.currentContext
    let sides = try graph.switching(predicate.erased, by: predicate.erased)
    let pivots = [
      try graph.build("Identity", [sides[0]], name: "switch_f").operation,
      try graph.build("Identity", [sides[1]], name: "switch_t").operation,
    ]
    let test = try graph.build("Identity", [predicate.erased], name: "pred_id")
    func branch(_ side: Int, _ body: () throws -> [AnyOutput]) throws(StatusError) -> [AnyOutput] {
      let context = BranchContext(
        graph: graph, predicate: test, side: side, pivot: pivots[side], outer: outer)
      return try graph.withContext(context, keepingControls: true) { () throws(StatusError) in
        do {
          var results: [AnyOutput] = []
          for result in try body() { results.append(try context.capture(result)) }
          return results
        } catch {
          throw StatusError.wrapping(error)
        }
      }
    }
    let taken = try branch(1, then)
    let other = try branch(0, otherwise)
    guard taken.count == other.count else {
      throw .invalidArgument(
        "The branches must return the same number of outputs: \(taken.count) and \(other.count)")
    }
    for (a, b) in zip(taken, other) where a.dtype.base != b.dtype.base {
      throw .invalidArgument(
        "Outputs of the branches must have the same type: \(a.dtype.base) and \(b.dtype.base)")
    }
    return try graph.withContext(outer, isCapturing: false) { () throws(StatusError) in
      var results: [AnyOutput] = []
      for (a, b) in zip(taken, other) { results.append(try graph.merge([b, a])) }
      return results
    }
  }
}

/// Runs one of two branches.
///
/// - Throws: what the erased form throws.
/// - SeeAlso: `tf.cond`.
public func cond<Scalar: TensorScalar>(
  _ predicate: Output<Bool>, name: String? = nil, then: () throws -> Output<Scalar>,
  else otherwise: () throws -> Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  let results: [AnyOutput] = try cond(
    predicate, name: name, then: { [try then().erased] }, else: { [try otherwise().erased] })
  return try Output(results[0])
}

/// Runs the branch of the first predicate that holds.
///
/// - Parameters:
///   - cases: predicates with what to run.
///   - default: runs if none holds. Without it that is an error of the run.
///   - isExclusive: makes it an error of the run if several hold.
/// - Throws: what `cond` on erased outputs throws.
/// - SeeAlso: `tf.case`.
public func firstCase(
  _ cases: [(when: Output<Bool>, run: () throws -> [AnyOutput])],
  default fallback: (() throws -> [AnyOutput])? = nil, isExclusive: Bool = false,
  name: String? = nil
) throws(StatusError) -> [AnyOutput] {
  guard let graph = cases.first?.when.graph else {
    throw .invalidArgument("A choice needs at least one case")
  }
  return try graph.withNameScope(name ?? "case") { () throws(StatusError) in
    guard isExclusive else { return try choose(graph, cases[...], fallback) }
    let assertion = try graph.countAssertion(
      cases.map(\.when), op: "LessEqual", "Input error: More than one condition evaluated as True")
    return try graph.withControlDependencies(on: [assertion]) { () throws(StatusError) in
      try choose(graph, cases[...], fallback)
    }
  }
}

/// Runs the branch that `index` names; the last one for an index outside.
///
/// - Throws: what `cond` on erased outputs throws.
/// - SeeAlso: `tf.switch_case`.
public func switchCase(
  _ index: Output<Int32>, name: String? = nil, branches: [() throws -> [AnyOutput]]
) throws(StatusError) -> [AnyOutput] {
  guard let last = branches.last else {
    throw .invalidArgument("A choice needs at least one branch")
  }
  let graph = index.graph
  return try graph.withNameScope(name ?? "switch_case") { () throws(StatusError) in
    var cases: [(when: Output<Bool>, run: () throws -> [AnyOutput])] = []
    for (position, branch) in branches.dropLast().enumerated() {
      let isChosen = try graph.build("Equal", [index.erased, graph.constantInt(position)])
      cases.append((try Output(isChosen), branch))
    }
    guard !cases.isEmpty else {
      do { return try last() } catch { throw StatusError.wrapping(error) }
    }
    return try choose(graph, cases[...], last)
  }
}

/// Conditionals in each other's else branch; as deep as there are cases.
private func choose(
  _ graph: Graph, _ cases: ArraySlice<(when: Output<Bool>, run: () throws -> [AnyOutput])>,
  _ fallback: (() throws -> [AnyOutput])?
) throws(StatusError) -> [AnyOutput] {
  guard let first = cases.first else { return [] }
  if cases.count == 1, fallback == nil {
    let assertion = try graph.countAssertion(
      [first.when], op: "Equal", "Input error: None of the conditions evaluated as True")
    return try graph.withControlDependencies(on: [assertion]) { () throws(StatusError) in
      do {
        var results: [AnyOutput] = []
        for result in try first.run() { results.append(try graph.build("Identity", [result])) }
        return results
      } catch {
        throw StatusError.wrapping(error)
      }
    }
  }
  return try cond(first.when, then: first.run) { () throws -> [AnyOutput] in
    if cases.count == 1, let fallback { return try fallback() }
    return try choose(graph, cases.dropFirst(), fallback)
  }
}

extension Graph {
  /// Fails a run unless the number of true predicates stands in a relation to 1.
  fileprivate func countAssertion(
    _ predicates: [Output<Bool>], op: String, _ message: String
  ) throws(StatusError) -> Operation {
    let all = try build("Pack", predicates.map(\.erased), ["axis": 0])
    let numbers = try build("Cast", [all], ["DstT": .type(.int32)])
    let count = try build("Sum", [numbers, constantVector([0])])
    let holds = try build(op, [count, constantInt(1)])
    let text = try constantTensor(AnyTensor(scalar: ByteString(message)))
    return try addOperation(
      "Assert", inputs: [holds, text, all], attributes: ["T": .types([.string, .bool])])
  }
}
