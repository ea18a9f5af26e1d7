public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Elements (or, by a vector, rows) of `t` where `condition` is true, of `e` where it is false. A
/// scalar picks one tensor.
public enum Select: OpDeclaration {
  public static let signature = OpSignature(
    "Select", inputs: ["condition: bool", "t: T", "e: T"], outputs: ["output: T"],
    attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in
    let data = try context.input(1).merged(with: context.input(2))
    context.setOutput(0, data)
    context.passHandle()
    let condition = context.input(0)
    guard let conditionRank = condition.rank, let rank = data.rank, conditionRank > 0 else {
      return
    }
    if conditionRank == 1 && rank > 0 {
      _ = try condition.merged(with: PartialShape([data[0]]))
    } else {
      context.setOutput(0, try data.merged(with: condition))
    }
  }
  public static let gradient = GradientRule.dense { context in
    let (condition, upstream) = (try context.input(0), try context.upstream(0))
    let zeros = try context.zerosLike(context.input(1))
    return [
      nil, try context.build("Select", [condition, upstream, zeros]),
      try context.build("Select", [condition, zeros, upstream]),
    ]
  }
  public static let kernels = KernelTable.select
}

/// Elements of `t` where `condition` is true, of `e` where it is false; all three broadcast.
public enum SelectV2: OpDeclaration {
  public static let signature = OpSignature(
    "SelectV2", inputs: ["condition: bool", "t: T", "e: T"], outputs: ["output: T"],
    attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in
    let data = try context.input(1).broadcast(with: context.input(2))
    context.setOutput(0, try context.input(0).broadcast(with: data))
    context.passHandle()
  }
  public static let gradient = GradientRule.dense { context in
    let (condition, output) = (try context.input(0), try context.output(0))
    let (first, second) = (try context.input(1), try context.input(2))
    let upstream = try context.upstream(0)
    let zero = try context.constant(0, upstream.dtype)
    let gradientFirst = try context.select(condition, upstream, zero)
    let gradientSecond = try context.select(condition, zero, upstream)
    return [
      nil, try context.reduce(gradientFirst, toShapeOf: first, other: output),
      try context.reduce(gradientSecond, toShapeOf: second, other: output),
    ]
  }
  public static var properties: OpProperties { OpProperties(isElementwise: true) }
  public static let kernels = KernelTable.selectV2
}

extension ShapeContext {
  /// What is behind the handles of both alternatives, if it is the same.
  fileprivate func passHandle() {
    if handle(1) == handle(2) { setHandle(0, handle(1)) }
  }
}

/// Elements of `first` where `condition` is true, of `second` where it is false; all three broadcast.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `SelectV2`.
public func select<Scalar: TensorScalar>(
  _ first: Output<Scalar>, where condition: Output<Bool>, otherwise second: Output<Scalar>,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    first.graph.addOperation(
      "SelectV2", inputs: [condition.erased, first.erased, second.erased], name: name
    ).output(0))
}
