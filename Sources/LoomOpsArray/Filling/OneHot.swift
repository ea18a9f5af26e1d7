public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// One value at the place an index names along a new dimension, another value elsewhere.
public enum OneHot: OpDeclaration {
  public static let signature = OpSignature(
    "OneHot", inputs: ["indices: TI", "depth: int32", "on_value: T", "off_value: T"],
    outputs: ["output: T"],
    attributes: ["axis: int = -1", "T: type", "TI: {uint8, int8, int32, int64} = int64"])
  public static let shapes = ShapeFunction { context in
    let axis = try context.attributes.int("axis")
    guard axis >= -1 else { throw StatusError.invalidArgument("axis must be >= -1") }
    let depth = try context.scalarValue(1)
    if let depth, depth < 0 {
      throw StatusError.invalidArgument(
        "Dimension size, given by scalar input 1, must be non-negative but is \(depth)")
    }
    try context.requireRank(2, 0)
    try context.requireRank(3, 0)
    guard var sizes = context.input(0).sizes else { return }
    guard axis <= sizes.count else {
      throw StatusError.invalidArgument(
        "Shape must be at least rank \(axis) but is rank \(sizes.count)")
    }
    sizes.insert(depth, at: axis == -1 ? sizes.count : axis)
    context.setOutput(0, PartialShape(sizes))
  }
  public static let gradient = GradientRule.notDifferentiable(because: "positions are no numbers")
  public static let kernels = KernelTable { construction in
    let axis = try construction.attributes.int("axis")
    return ClosureKernel { context in
      let indices = try context.input(0)
      let (on, off) = (try context.input(2), try context.input(3))
      guard axis >= -1, axis <= indices.shape.rank else {
        throw StatusError.invalidArgument(
          "Expected axis to be -1 or between [0, \(indices.shape.rank)).  But received: \(axis)")
      }
      let depthInput = try context.input(1)
      guard depthInput.shape.isScalar else {
        throw StatusError.invalidArgument("depth must be a scalar, but got: \(depthInput.shape)")
      }
      guard on.shape.isScalar else {
        throw StatusError.invalidArgument("on_value must be a scalar, but got: \(on.shape)")
      }
      guard off.shape.isScalar else {
        throw StatusError.invalidArgument("off_value must be a scalar, but got: \(off.shape)")
      }
      let depth = try depthInput.integer(at: 0)
      guard depth >= 0 else {
        throw StatusError.invalidArgument("depth must be non-negative, got: \(depth)")
      }
      var sizes = indices.shape.sizes
      let place = axis == -1 ? sizes.count : axis
      sizes.insert(depth, at: place)
      let shape = try Shape(sizes)
      let mover = try context.mover(0, dtype: on.dtype, shape: shape)
      try mover.fillAll(off)
      guard shape.elementCount > 0 else { return }
      let suffix = shape.count(in: place + 1..<sizes.count)
      var rows: [Int] = []
      for (position, index) in try indices.integers().enumerated() where index >= 0 && index < depth
      {
        // Inside the output, whose size was checked.
        rows.append((position / suffix &* depth &+ index) &* suffix &+ position % suffix)
      }
      try RowMover.copy(
        on, rows: [Int](repeating: 0, count: rows.count), into: mover.target, rows: rows,
        length: 1, count: rows.count)
    }
  }
}

/// `onValue` at place `indices[i...]` along a new dimension of size `depth`, `offValue` elsewhere. An
/// index outside `0 ..< depth` gives `offValue` throughout.
///
/// - Parameter axis: Where the new dimension stands; -1 is last.
/// - SeeAlso: TensorFlow op `OneHot`.
public func oneHot<Index: IntegerScalar, Scalar: TensorScalar>(
  _ indices: Output<Index>, depth: Int, on onValue: Scalar, off offValue: Scalar, axis: Int = -1,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  let graph = indices.graph
  var values: [AnyOutput] = []
  for value in [onValue, offValue] {
    let tensor = try AnyTensor(scalar: value)
    values.append(
      try graph.addOperation(
        "Const", attributes: ["value": .tensor(tensor), "dtype": .type(tensor.dtype)]
      ).output(0))
  }
  return try Output(
    graph.addOperation(
      "OneHot", inputs: [indices.erased, graph.index(depth).erased] + values,
      attributes: ["axis": .int(Int64(axis))], name: name
    ).output(0))
}

/// One at place `indices[i...]` along a new last dimension of size `depth`, zero elsewhere.
public func oneHot<Index: IntegerScalar, Scalar: NumericScalar>(
  _ indices: Output<Index>, depth: Int, of type: Scalar.Type, axis: Int = -1, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try oneHot(indices, depth: depth, on: Scalar.one, off: Scalar.zero, axis: axis, name: name)
}
