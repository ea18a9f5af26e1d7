public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A tensor whose elements move along dimensions, around the ends.
public enum Roll: OpDeclaration {
  public static let signature = OpSignature(
    "Roll", inputs: ["input: T", "shift: Tshift", "axis: Taxis"], outputs: ["output: T"],
    attributes: ["T: type", "Tshift: {int32, int64}", "Taxis: {int32, int64}"])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(0, atLeast: 1)
    try context.requireRank(1, atMost: 1)
    try context.requireRank(2, atMost: 1)
    context.setOutput(0, context.input(0))
  }
  public static let gradient = GradientRule.dense { context in
    let back = try context.neg(context.input(1))
    return [
      try context.build("Roll", [context.upstream(0), back, context.input(2)]), nil, nil,
    ]
  }
  public static let kernels = KernelTable.closure { context in
    let (input, shifts, axes) = (
      try context.input(0), try context.input(1), try context.input(2)
    )
    guard input.shape.rank >= 1 else {
      throw StatusError.invalidArgument("input must be 1-D or higher")
    }
    guard shifts.shape.rank <= 1 else {
      throw StatusError.invalidArgument(
        "shift must be a scalar or a 1-D vector. Found: \(shifts.shape)")
    }
    guard axes.shape.rank <= 1 else {
      throw StatusError.invalidArgument(
        "axis must be a scalar or a 1-D vector. Found: \(axes.shape)")
    }
    guard shifts.shape == axes.shape else {
      throw StatusError.invalidArgument("shift and axis must have the same size")
    }
    let total = try resolved(shifts.integers(), axes.integers(), input.shape)
    if total.allSatisfy({ $0 == 0 }) || input.elementCount == 0 {
      try context.setOutput(0, input)
      return
    }
    let mover = try context.mover(0, dtype: input.dtype, shape: input.shape)
    try roll(input, by: total, into: mover)
  }

  /// How far each dimension moves, at least 0 and less than its size.
  private static func resolved(
    _ shifts: [Int], _ axes: [Int], _ shape: Shape
  ) throws(StatusError) -> [Int] {
    var total = [Int](repeating: 0, count: shape.rank)
    for (shift, axis) in zip(shifts, axes) {
      guard let place = Axis.resolved(axis, rank: shape.rank) else {
        throw .invalidArgument("axis \(axis) is out of range")
      }
      let size = Swift.max(shape[place], 1)
      // Remainders below the size add up to less than twice the size.
      total[place] = (total[place] + (shift % size + size) % size) % size
    }
    return total
  }

  /// Copies row by row, a row being what lies behind the last dimension that moves; that dimension's
  /// rows go in two runs.
  private static func roll(
    _ input: AnyTensor, by total: [Int], into mover: ByteMover
  ) throws(StatusError) {
    let sizes = input.shape.sizes
    guard let last = total.lastIndex(where: { $0 != 0 }) else { return }
    let run = input.shape.count(in: last + 1..<sizes.count)
    let shift = total[last]
    let strides = input.shape.strides
    var position = [Int](repeating: 0, count: last)
    for outer in 0..<input.shape.count(in: 0..<last) {
      var target = 0
      for index in 0..<last {
        target &+= (position[index] + total[index]) % sizes[index] &* strides[index]
      }
      // Both rows lie inside the tensor; the products are at most its element count.
      let source = outer &* sizes[last] &* run
      try mover.copy(
        input, from: source, to: target &+ shift &* run, count: (sizes[last] - shift) &* run)
      try mover.copy(
        input, from: source &+ (sizes[last] - shift) &* run, to: target, count: shift &* run)
      var index = last - 1
      while index >= 0 {
        position[index] += 1
        if position[index] < sizes[index] { break }
        position[index] = 0
        index -= 1
      }
    }
  }
}

/// The tensor with the elements of dimension `axes[i]` moved by `shifts[i]` places, around the end.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if the tensor is known to be a scalar.
/// - SeeAlso: TensorFlow op `Roll`.
public func roll<Scalar: TensorScalar>(
  _ input: Output<Scalar>, by shifts: [Int], along axes: [Int], name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  let graph = input.graph
  return try Output(
    graph.addOperation(
      "Roll",
      inputs: [input.erased, graph.indices(shifts).erased, graph.indices(axes).erased], name: name
    ).output(0))
}
