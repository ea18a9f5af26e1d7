public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Without dimensions of size 1; no copy.
public enum Squeeze: OpDeclaration {
  public static let signature = OpSignature(
    "Squeeze", inputs: ["input: T"], outputs: ["output: T"],
    attributes: ["T: type", "squeeze_dims: list(int) >= 0 = []"])
  public static let shapes = ShapeFunction { context in
    let axes = try context.attributes.ints("squeeze_dims")
    guard let sizes = context.input(0).sizes else { return }
    if axes.isEmpty {
      // A size that is not known may be 1, and then the rank is not known.
      if sizes.allSatisfy({ $0 != nil }) {
        context.setOutput(0, PartialShape(sizes.filter { $0 != 1 }))
      }
      return
    }
    let squeezed = try Squeeze.resolved(axes, rank: sizes.count)
    for axis in squeezed.sorted() {
      if let size = sizes[axis], size != 1 { throw Squeeze.notOne(axis, size) }
    }
    context.setOutput(
      0, PartialShape(sizes.indices.filter { !squeezed.contains($0) }.map { sizes[$0] }))
  }
  public static let gradient = GradientRule.dense { context in [try context.reshapeToInput()] }
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    (context.inputShapes[0].rank ?? 2) <= 1 ? context.inputs[0] : nil
  }
  public static let kernels = KernelTable { construction in
    let axes = try construction.attributes.ints("squeeze_dims")
    return ClosureKernel { context in
      let input = try context.input(0)
      let sizes = input.shape.sizes
      let squeezed = try resolved(axes, rank: sizes.count)
      for axis in squeezed.sorted() where sizes[axis] != 1 { throw notOne(axis, sizes[axis]) }
      let kept = sizes.indices.filter {
        axes.isEmpty ? sizes[$0] != 1 : !squeezed.contains($0)
      }
      try context.setOutput(0, input.reshaped(to: Shape(kept.map { sizes[$0] })))
    }
  }

  private static func resolved(_ axes: [Int], rank: Int) throws(StatusError) -> Set<Int> {
    var result: Set<Int> = []
    for axis in axes {
      guard let resolved = Axis.resolved(axis, rank: rank) else {
        throw .invalidArgument(
          "Tried to squeeze dim index \(axis) for tensor with \(rank) dimensions.")
      }
      result.insert(resolved)
    }
    return result
  }

  @inline(never)
  private static func notOne(_ axis: Int, _ size: Int) -> StatusError {
    .invalidArgument("Can not squeeze dim[\(axis)], expected a dimension of 1, got \(size)")
  }
}

/// With a dimension of size 1 inserted; no copy.
public enum ExpandDims: OpDeclaration {
  public static let signature = OpSignature(
    "ExpandDims", inputs: ["input: T", "dim: Tdim"], outputs: ["output: T"],
    attributes: ["T: type", "Tdim: {int32, int64} = int32"])
  public static let shapes = ShapeFunction { context in
    guard let sizes = context.input(0).sizes else { return }
    guard let value = context.partialValue(1), value.count == 1, let axis = value[0] else {
      context.setOutput(0, .unknown(rank: sizes.count + 1))
      return
    }
    guard let place = Axis.resolved(axis, rank: sizes.count + 1) else {
      throw StatusError.invalidArgument(
        "dim \(axis) not in the interval [\(-sizes.count - 1), \(sizes.count)].")
    }
    var result = sizes
    result.insert(1, at: place)
    context.setOutput(0, PartialShape(result))
  }
  public static let gradient = GradientRule.dense { context in
    [try context.reshapeToInput(), nil]
  }
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    context.inputShapes[0].rank == 0 ? context.inputs[0] : nil
  }
  public static let kernels = KernelTable.closure { context in
    let input = try context.input(0)
    let dimension = try context.input(1)
    guard dimension.elementCount == 1 else {
      throw StatusError.invalidArgument("'dim' must be a tensor with a single value")
    }
    let axis = try dimension.integer(at: 0)
    var sizes = input.shape.sizes
    guard let place = Axis.resolved(axis, rank: sizes.count + 1) else {
      throw StatusError.invalidArgument(
        "Tried to expand dim index \(axis) for tensor with \(sizes.count) dimensions.")
    }
    sizes.insert(1, at: place)
    try context.setOutput(0, input.reshaped(to: Shape(sizes)))
  }
}

/// Without the dimensions `axes`, or without all dimensions of size 1 if there are none. Negative axes
/// count from the end.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if one of `axes` is known not to be of size 1.
/// - SeeAlso: TensorFlow op `Squeeze`.
public func squeeze<Scalar: TensorScalar>(
  _ input: Output<Scalar>, axes: [Int] = [], name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "Squeeze", inputs: [input.erased], attributes: ["squeeze_dims": .ints(axes)], name: name
    ).output(0))
}

/// With a dimension of size 1 inserted before dimension `axis`; negative axes count from the end of the
/// result.
///
/// - SeeAlso: TensorFlow op `ExpandDims`.
public func expandDims<Scalar: TensorScalar>(
  _ input: Output<Scalar>, axis: Int, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "ExpandDims", inputs: [input.erased, input.graph.index(axis).erased], name: name
    ).output(0))
}
