import LoomCore
import LoomGraph

// The ops that loops and conditionals are made of, in the form that fits the dtype: references have ops of
// their own.
extension Graph {
  /// Brings a value into the frame of a loop.
  func enter(
    _ value: AnyOutput, frame: String, isConstant: Bool, parallelIterations: Int,
    name: String? = nil
  ) throws(StatusError) -> AnyOutput {
    let entered = try build(
      value.dtype.isReference ? "RefEnter" : "Enter", [value],
      [
        "frame_name": .string(ByteString(frame)), "is_constant": .bool(isConstant),
        "parallel_iterations": .int(Int64(parallelIterations)),
      ], name: name ?? "Enter")
    try entered.setShape(value.shape)
    return entered
  }

  func merge(_ values: [AnyOutput], name: String? = nil) throws(StatusError) -> AnyOutput {
    let isReference = values.allSatisfy(\.dtype.isReference)
    return try build(isReference ? "RefMerge" : "Merge", values, name: name ?? "Merge")
  }

  /// The value on the side that is not taken, and on the one that is.
  func switching(
    _ value: AnyOutput, by predicate: AnyOutput, name: String? = nil
  ) throws(StatusError) -> [AnyOutput] {
    try addOperation(
      value.dtype.isReference ? "RefSwitch" : "Switch", inputs: [value, predicate],
      name: name ?? "Switch"
    ).outputs
  }

  func exit(_ value: AnyOutput, name: String? = nil) throws(StatusError) -> AnyOutput {
    let exit = try build(
      value.dtype.isReference ? "RefExit" : "Exit", [value], name: name ?? "Exit")
    try exit.setShape(value.shape)
    return exit
  }

  func nextIteration(_ value: AnyOutput) throws(StatusError) -> AnyOutput {
    try build(
      value.dtype.isReference ? "RefNextIteration" : "NextIteration", [value],
      name: "NextIteration")
  }
}
