import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The shape that two shapes, given as vectors, broadcast to.
public enum BroadcastArgs: OpDeclaration {
  public static let signature = OpSignature(
    "BroadcastArgs", inputs: ["s0: T", "s1: T"], outputs: ["r0: T"],
    attributes: ["T: {int32, int64} = int32"])
  public static let shapes = ShapeFunction { context in
    let (first, second) = (try context.requireRank(0, 1), try context.requireRank(1, 1))
    if let a = first[0], let b = second[0] {
      context.setOutput(0, PartialShape([Swift.max(a, b)]))
    } else {
      context.setOutput(0, .unknown(rank: 1))
    }
  }
  public static let gradient = GradientRule.undefined
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    guard context.inputs.count == 2, let a = context.inputs[0], let b = context.inputs[1] else {
      return nil
    }
    return try PartialShape(a).broadcast(with: PartialShape(b)).sizes
  }
  public static let kernels = KernelTable.closure { context in
    let (a, b) = (try shapeVector(context, 0), try shapeVector(context, 1))
    guard let result = broadcast(a, b) else { throw incompatible(a, b) }
    try setVector(context, 0, result)
  }
}

/// The dimensions along which gradients of two broadcast operands have to be summed.
public enum BroadcastGradientArgs: OpDeclaration {
  public static let signature = OpSignature(
    "BroadcastGradientArgs", inputs: ["s0: T", "s1: T"], outputs: ["r0: T", "r1: T"],
    attributes: ["T: {int32, int64} = int32"])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(0, 1)
    try context.requireRank(1, 1)
    context.setOutput(0, .unknown(rank: 1))
    context.setOutput(1, .unknown(rank: 1))
  }
  public static let gradient = GradientRule.notDifferentiable(because: "it computes dimensions")
  public static let kernels = KernelTable.closure { context in
    let (a, b) = (try shapeVector(context, 0), try shapeVector(context, 1))
    guard broadcast(a, b) != nil else { throw incompatible(a, b) }
    var (axesA, axesB): ([Int], [Int]) = ([], [])
    if a != b {
      let rank = Swift.max(a.count, b.count)
      for index in 0..<rank {
        // A dimension of 1 in both is summed in both: that changes nothing but the rank.
        if size(a, index, rank) == 1 { axesA.append(index) }
        if size(b, index, rank) == 1 { axesB.append(index) }
      }
    }
    try setVector(context, 0, axesA)
    try setVector(context, 1, axesB)
  }
}

/// Size `index` of a shape that is filled up with leading ones to `rank`.
private func size(_ shape: [Int], _ index: Int, _ rank: Int) -> Int {
  index < rank - shape.count ? 1 : shape[index - (rank - shape.count)]
}

private func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
  let rank = Swift.max(a.count, b.count)
  var result: [Int] = []
  for index in 0..<rank {
    let (sizeA, sizeB) = (size(a, index, rank), size(b, index, rank))
    guard sizeA == sizeB || sizeA == 1 || sizeB == 1 else { return nil }
    result.append(sizeA == 1 ? sizeB : sizeA)
  }
  return result
}

private func incompatible(_ a: [Int], _ b: [Int]) -> StatusError {
  let list = { (shape: [Int]) in "[" + shape.map(String.init).joined(separator: ",") + "]" }
  return .invalidArgument("Incompatible shapes: \(list(a)) vs. \(list(b))")
}

private func shapeVector(
  _ context: borrowing KernelContext, _ index: Int
) throws(StatusError) -> [Int] {
  let input = try context.input(index)
  guard input.shape.rank == 1 else {
    throw .invalidArgument("In[\(index)] must be a vector.\(input.shape)")
  }
  return try input.integers()
}

/// The dtype is that of the inputs.
private func setVector(
  _ context: borrowing KernelContext, _ index: Int, _ values: [Int]
) throws(StatusError) {
  let shape = Shape(vector: values.count)
  if try context.input(0).dtype == .int64 {
    try context.setOutput(index, AnyTensor(values.map { Int64($0) }, shape: shape))
  } else {
    try context.setOutput(
      index, AnyTensor(values.map { Int32(truncatingIfNeeded: $0) }, shape: shape))
  }
}
