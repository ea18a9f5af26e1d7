import LoomCore
import LoomGraph

/// Builds the frame of a loop around a condition and a body.
struct LoopBuilder {
  let graph: Graph
  let parallelIterations: Int

  func build(
    _ variables: [AnyOutput], _ invariants: [PartialShape]?,
    _ condition: ([AnyOutput]) throws -> Output<Bool>,
    _ body: ([AnyOutput]) throws -> [AnyOutput]
  ) throws(StatusError) -> [AnyOutput] {
    let outer = graph.currentContext
    // Frames are told apart by name, so it must be the graph's only one.
    let frame = graph.uniqueName("while_context")
    let loop = LoopContext(
      graph: graph, frame: frame, parallelIterations: parallelIterations, outer: outer)
    let entered = try enter(variables, invariants, loop, outer)

    let merged = try graph.withContext(loop, isCapturing: false) { () throws(StatusError) in
      var merged: [AnyOutput] = []
      for value in entered { merged.append(try graph.merge([value, value])) }
      return merged
    }
    loop.pivot = merged[0].operation
    let verdict = try graph.withContext(loop) { () throws(StatusError) in
      do { return try loop.capture(condition(merged).erased) } catch {
        throw StatusError.wrapping(error)
      }
    }
    guard verdict.dtype.base == .bool else {
      throw .invalidArgument("The condition of a loop must be bool, got \(verdict.dtype)")
    }
    let (choices, own) = try graph.withContext(loop, isCapturing: false) {
      () throws(StatusError) in
      let test = try graph.build("LoopCond", [verdict], name: "LoopCond")
      var choices: [[AnyOutput]] = []
      var own: [AnyOutput] = []
      for value in merged {
        let sides = try graph.switching(value, by: test)
        choices.append(sides)
        own.append(
          try graph.build(value.dtype.isReference ? "RefIdentity" : "Identity", [sides[1]]))
      }
      return (choices, own)
    }
    loop.pivot = own[0].operation
    let next = try graph.withContext(loop) { () throws(StatusError) in
      let results: [AnyOutput]
      do { results = try body(own) } catch { throw StatusError.wrapping(error) }
      try check(results, against: merged)
      // Made in the body, so that a value that is there in each iteration does not keep the loop going.
      var next: [AnyOutput] = []
      for result in results { next.append(try graph.nextIteration(result)) }
      return next
    }
    for (value, merge) in zip(next, merged) {
      try graph.updateInput(1, of: merge.operation, to: value)
    }
    // What leaves the loop belongs to where the loop stands.
    return try graph.withContext(outer, isCapturing: false) { () throws(StatusError) in
      var exits: [AnyOutput] = []
      for choice in choices { exits.append(try graph.exit(choice[0])) }
      return exits
    }
  }

  private func enter(
    _ variables: [AnyOutput], _ invariants: [PartialShape]?, _ loop: LoopContext,
    _ outer: (any OperationContext)?
  ) throws(StatusError) -> [AnyOutput] {
    var values: [AnyOutput] = []
    for variable in variables {
      try graph.checkVisible(variable, from: outer, reader: loop.frame)
      // An outer loop's constants and control dependencies would reach all of its iterations, also the
      // one that does not run; an operation of its body is there in those that do.
      let isPlain = outer == nil
      values.append(
        isPlain
          ? variable
          : try graph.build(
            variable.dtype.isReference ? "RefIdentity" : "Identity", [variable]))
    }
    var entered: [AnyOutput] = []
    for (index, value) in values.enumerated() {
      entered.append(
        try graph.withContext(loop, isCapturing: false, keepingControls: outer == nil) {
          () throws(StatusError) in
          try graph.build(
            value.dtype.isReference ? "RefEnter" : "Enter", [value],
            [
              "frame_name": .string(ByteString(loop.frame)), "is_constant": false,
              "parallel_iterations": .int(Int64(parallelIterations)),
            ], name: "Enter")
        })
      guard let invariants else {
        try entered[index].setShape(value.shape)
        continue
      }
      guard value.shape.isAtLeastAsKnown(as: invariants[index]) else {
        throw .invalidArgument(
          "The shape invariant specified for \(variables[index].name) is not compatible with the "
            + "initial shape of the loop variable. It enters the loop with shape \(value.shape), but "
            + "the specified shape invariant is \(invariants[index]).")
      }
      try entered[index].setShape(invariants[index])
    }
    return entered
  }

  private func check(
    _ results: [AnyOutput], against merged: [AnyOutput]
  ) throws(StatusError) {
    guard results.count == merged.count else {
      throw .invalidArgument(
        "The number of outputs of the body, \(results.count), is not that of the loop variables, "
          + "\(merged.count)")
    }
    for (result, variable) in zip(results, merged) {
      guard result.dtype.base == variable.dtype.base else {
        throw .invalidArgument(
          "A loop variable of dtype \(variable.dtype.base) became \(result.dtype.base) in the body "
            + "('\(result.name)')")
      }
      guard result.shape.isAtLeastAsKnown(as: variable.shape) else {
        throw .invalidArgument(
          "Input tensor '\(variable.name)' enters the loop with shape \(variable.shape), but has "
            + "shape \(result.shape) after one iteration. To allow the shape to vary across "
            + "iterations, use `shapeInvariants` to specify a less-specific shape.")
      }
    }
  }
}

extension PartialShape {
  /// Whether every shape that fits `self` fits `other`.
  func isAtLeastAsKnown(as other: PartialShape) -> Bool {
    guard let wanted = other.sizes else { return true }
    guard let sizes, sizes.count == wanted.count else { return false }
    return zip(sizes, wanted).allSatisfy { $1 == nil || $0 == $1 }
  }
}
