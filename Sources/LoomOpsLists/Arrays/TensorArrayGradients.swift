import LoomCore
import LoomGraph
import LoomOpsSupport

/// The array of gradients that a rule reads and writes.
struct GradientArray {
  let context: GradientContext
  let generation: HandleGeneration
  let handle: AnyOutput
  let flow: AnyOutput

  /// An op on the array; the handle comes first and the flow last.
  func op(
    _ name: String, _ inputs: [AnyOutput] = [], _ attributes: [String: AttributeValue] = [:]
  ) throws(StatusError) -> AnyOutput {
    try context.build(name + generation.suffix, [handle] + inputs + [flow], attributes)
  }
}

extension GradientContext {
  /// Which call of `gradients` a tensor belongs to: its name up to the innermost scope that is named so.
  /// Without that, two calls would add up in one array.
  private func source(of gradient: AnyOutput) throws(StatusError) -> String {
    let parts = gradient.name.split(separator: "/", omittingEmptySubsequences: false)
    guard let last = parts.lastIndex(where: { $0.hasPrefix("gradients") }) else {
      throw .invalidArgument(
        "Expected op/tensor name to start with gradients (excluding scope), got: \(gradient.name). "
          + "This means that gradients with TensorArrays on their path were asked for in a scope "
          + "whose name does not start with 'gradients'.")
    }
    return parts[...last].joined(separator: "/")
  }

  /// The array of gradients of the array that this operation uses.
  ///
  /// - Parameter gradient: A tensor made by the same call of `gradients`.
  private func gradientArray(
    _ gradient: AnyOutput, after flow: AnyOutput, _ generation: HandleGeneration
  ) throws(StatusError) -> GradientArray {
    let forward = try input(0)
    // References have no op for gradients of their own: the name is read off.
    let generation = generation == .third ? generation : .second
    let source = try source(of: gradient)
    let operation = try graph.withColocation(with: forward.operation) { () throws(StatusError) in
      try graph.addOperation(
        "TensorArrayGrad" + generation.suffix, inputs: [forward, flow],
        attributes: ["source": .string(ByteString(source))])
    }
    let ready = try graph.withControlDependencies(on: [operation]) { () throws(StatusError) in
      try graph.addOperation("Identity", inputs: [flow], name: "gradient_flow").output(0)
    }
    return GradientArray(
      context: self, generation: generation, handle: operation.output(0), flow: ready)
  }

  /// For ops that read: gradients are written into the array. The array must not be made before the last
  /// forward write has extended the forward array, so it waits for the op's flow.
  ///
  /// - Parameter flow: Which input is the flow.
  func writing(
    flow: Int, _ generation: HandleGeneration,
    _ write: (GradientArray, AnyOutput) throws(StatusError) -> AnyOutput
  ) throws -> AnyOutput {
    let gradient = try upstream(0)
    return try write(gradientArray(gradient, after: input(flow), generation), gradient)
  }

  /// For ops that write: gradients are read from the array, behind the write itself.
  ///
  /// - Returns: what was read, and the flow that the reading waited for.
  func reading(
    _ generation: HandleGeneration,
    _ read: (GradientArray) throws(StatusError) -> AnyOutput
  ) throws -> (gradient: AnyOutput, flow: AnyOutput) {
    let gradient = try upstream(0)
    let written = try graph.addOperation("Identity", inputs: [output(0)], name: "flow_out")
    let flow = try graph.withControlDependencies(on: [written]) { () throws(StatusError) in
      try graph.addOperation("Identity", inputs: [gradient], name: "write_barrier").output(0)
    }
    return (try read(gradientArray(flow, after: flow, generation)), flow)
  }
}
