public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Several tensors of one shape, side by side along a new dimension.
public enum Pack: OpDeclaration {
  public static let signature = OpSignature(
    "Pack", inputs: ["values: N * T"], outputs: ["output: T"],
    attributes: ["N: int >= 1", "T: type", "axis: int = 0"])
  public static let shapes = ShapeFunction { context in
    var shape = PartialShape.unknown
    for index in 0..<context.inputCount {
      do throws(StatusError) { shape = try shape.merged(with: context.input(index)) } catch {
        throw error.prefixed("From merging shape \(index) with other shapes. ")
      }
    }
    guard var sizes = shape.sizes else { return }
    let axis = try context.attributes.int("axis")
    guard let place = Axis.resolved(axis, rank: sizes.count + 1) else {
      throw StatusError.invalidArgument(
        "Invalid axis: \(axis); must be in [\(-sizes.count - 1),\(sizes.count + 1))")
    }
    sizes.insert(context.inputCount, at: place)
    context.setOutput(0, PartialShape(sizes))
  }
  public static let gradient = GradientRule.dense { context in
    try context.buildAll(
      "Unpack", [context.upstream(0)],
      [
        "num": .int(Int64(context.inputs.count)),
        "axis": .int(Int64(try context.attributes.int("axis"))),
      ])
  }
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    // Where the result is read as a vector, inputs of unknown rank are scalars.
    guard context.inputShapes.allSatisfy({ $0.rank ?? 0 == 0 }) else { return nil }
    return context.inputs.map { $0.flatMap { $0.count == 1 ? $0[0] : nil } }
  }
  public static let kernels = KernelTable { construction in
    let axis = try construction.attributes.int("axis")
    return ClosureKernel { context in
      let values = try context.inputs()
      guard let first = values.first else { throw StatusError.internal("Pack has no inputs") }
      var sizes = first.shape.sizes
      guard let place = Axis.resolved(axis, rank: sizes.count + 1) else {
        throw StatusError.invalidArgument(
          "axis = \(axis) not in [\(-sizes.count - 1), \(sizes.count + 1))")
      }
      for (index, value) in values.enumerated() where value.shape != first.shape {
        throw StatusError.invalidArgument(
          "Shapes of all inputs must match: values[0].shape = \(first.shape) != "
            + "values[\(index)].shape = \(value.shape)")
      }
      sizes.insert(values.count, at: place)
      let shape = try Shape(sizes)
      let mover = try context.mover(0, dtype: first.dtype, shape: shape)
      let run = first.shape.count(in: place..<sizes.count)
      try Concatenation.join(
        values, lengths: values.map { _ in run }, outer: first.shape.count(in: 0..<place), mover)
    }
  }
}

/// The slices of a tensor along a dimension, each without it.
public enum Unpack: OpDeclaration {
  public static let signature = OpSignature(
    "Unpack", inputs: ["value: T"], outputs: ["output: num * T"],
    attributes: ["num: int >= 0", "T: type", "axis: int = 0"])
  public static let shapes = ShapeFunction { context in
    guard var sizes = context.input(0).sizes else { return }
    let axis = try context.attributes.int("axis")
    guard let place = Axis.resolved(axis, rank: sizes.count) else {
      throw StatusError.invalidArgument(
        "Invalid axis: \(axis); must be in [\(-sizes.count),\(sizes.count))")
    }
    let count = try context.attributes.int("num")
    if let size = sizes[place], size != count {
      throw StatusError.invalidArgument("Dimension must be \(count) but is \(size)")
    }
    sizes.remove(at: place)
    for index in 0..<context.outputCount { context.setOutput(index, PartialShape(sizes)) }
  }
  public static let gradient = GradientRule.dense { context in
    var upstream: [AnyOutput] = []
    for index in context.outputs.indices { upstream.append(try context.upstream(index)) }
    return [try context.pack(upstream, axis: context.attributes.int("axis"))]
  }
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    guard context.inputShapes[0].rank == 1, let values = context.inputs[0],
      values.indices.contains(context.output)
    else { return nil }
    return [values[context.output]]
  }
  public static let kernels = KernelTable { construction in
    let axis = try construction.attributes.int("axis")
    return ClosureKernel { context in
      let input = try context.input(0)
      var sizes = input.shape.sizes
      guard let place = Axis.resolved(axis, rank: sizes.count) else {
        throw StatusError.invalidArgument(
          "axis = \(axis) not in [\(-sizes.count), \(sizes.count))")
      }
      let count = context.outputCount
      guard sizes[place] == count else {
        throw StatusError.invalidArgument(
          "Input shape axis \(place) must equal \(count), got shape \(input.shape)")
      }
      let outer = input.shape.count(in: 0..<place)
      let run = input.shape.count(in: place + 1..<sizes.count)
      sizes.remove(at: place)
      let shape = try Shape(sizes)
      for index in 0..<count {
        if place == 0 {
          try context.setRows(index, of: input, index..<index + 1, shape: shape)
          continue
        }
        let mover = try context.mover(index, dtype: input.dtype, shape: shape)
        if shape.elementCount == 0 { continue }
        // Offsets lie inside the input, whose size was checked.
        try mover.copyRows(
          input, from: index &* run, sourceStride: run &* count, to: 0, targetStride: run,
          rows: outer, count: run)
      }
    }
  }
}

/// The tensors side by side along a new dimension `axis`; negative axes count from the end of the
/// result.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if there are none, or known shapes differ.
/// - SeeAlso: TensorFlow op `Pack`.
public func stack<Scalar: TensorScalar>(
  _ values: [Output<Scalar>], axis: Int = 0, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  guard let graph = values.first?.graph else {
    throw .invalidArgument("stack expected at least one tensor")
  }
  return try Output(
    graph.addOperation(
      "Pack", inputs: values.map(\.erased), attributes: ["axis": .int(Int64(axis))],
      name: name ?? "stack"
    ).output(0))
}

/// The slices along dimension `axis`, each without it; `count` may be left out where it is known.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if the number of slices is unknown and not given.
/// - SeeAlso: TensorFlow op `Unpack`.
public func unstack<Scalar: TensorScalar>(
  _ value: Output<Scalar>, count: Int? = nil, axis: Int = 0, name: String? = nil
) throws(StatusError) -> [Output<Scalar>] {
  let place = value.shape.rank.flatMap { Axis.resolved(axis, rank: $0) }
  guard let count = count ?? place.flatMap({ value.shape[$0] }) else {
    throw .invalidArgument("unstack expected a count, as the size of dimension \(axis) is unknown")
  }
  let operation = try value.graph.addOperation(
    "Unpack", inputs: [value.erased],
    attributes: ["num": .int(Int64(count)), "axis": .int(Int64(axis))], name: name ?? "unstack")
  var result: [Output<Scalar>] = []
  for output in operation.outputs { result.append(try Output(output)) }
  return result
}
