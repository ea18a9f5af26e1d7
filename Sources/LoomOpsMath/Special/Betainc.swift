public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The regularised incomplete beta function: the share of the beta distribution with parameters `a`
/// and `b` below `x`. Shapes are equal, except that any operand may be a scalar.
public enum Betainc: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "Betainc", inputs: ["a: T", "b: T", "x: T"], outputs: ["z: T"],
    attributes: ["T: \(Types.single)"])
  public static let shapes = ShapeFunction { context in
    var (scalars, output) = (0, PartialShape.unknown)
    var someRankIsUnknown = false
    for index in 0..<3 {
      let shape = context.input(index)
      switch shape.rank {
      case nil: someRankIsUnknown = true
      case 0?: scalars += 1
      case _?: output = try output.merged(with: shape)
      }
    }
    if scalars == 3 { output = .scalar }
    // An operand of unknown rank may be a scalar or the one that decides.
    if someRankIsUnknown, output.rank == nil { return }
    context.setOutput(0, output)
  }
  public static let gradient = GradientRule.dense { context in
    let (a, b, x) = (try context.input(0), try context.input(1), try context.input(2))
    let one = try context.constant(1, x.dtype)
    let logBeta = try context.sub(
      context.add(context.build("Lgamma", [a]), context.build("Lgamma", [b])),
      context.build("Lgamma", [context.add(a, b)]))
    // The derivative tends to zero at an end where its parameter is 1, hence Xlogy and Xlog1py.
    let terms = try context.add(
      context.build("Xlog1py", [context.sub(b, one), context.neg(x)]),
      context.build("Xlogy", [context.sub(a, one), x]))
    let partial = try context.mul(
      context.exp(context.sub(terms, logBeta)), context.upstream(0))
    return [nil, nil, try context.reduce(partial, toShapeOf: x, other: a)]
  }
  public static let kernels = KernelTable.floating(Betainc.self, over: [.float, .double])

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(BetaincKernel<Scalar>())
  }
}

private final class BetaincKernel<Scalar: FloatingScalar>: Kernel {
  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let (a, b, x) = (try context.input(0), try context.input(1), try context.input(2))
    var shape = Shape.scalar
    for (operand, name) in [(a, "a"), (b, "b"), (x, "x")] where !operand.shape.isScalar {
      guard shape.isScalar || shape == operand.shape else {
        throw .invalidArgument(
          "Shapes of \(operand.shape == b.shape ? "a and b" : "a and x") are inconsistent: "
            + "\(shape) vs. \(operand.shape) (\(name))")
      }
      shape = operand.shape
    }
    let (first, second) = (try a.span(of: Scalar.self), try b.span(of: Scalar.self))
    let third = try x.span(of: Scalar.self)
    let steps = [a, b, x].map { $0.shape.isScalar ? 0 : 1 }
    try context.makeOutput(0, of: Scalar.self, shape: shape) {
      (span: inout MutableSpan<Scalar>) throws(StatusError) in
      for index in span.indices {
        span[index] = Scalar(
          converting: SpecialFunctions.incompleteBeta(
            first[index &* steps[0]].doubleValue, second[index &* steps[1]].doubleValue,
            third[index &* steps[2]].doubleValue))
      }
    }
  }
}

/// The regularised incomplete beta function, element by element; any operand may be a scalar.
///
/// - SeeAlso: TensorFlow op `Betainc`.
public func incompleteBeta<Scalar: FloatingScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    a.graph.addOperation("Betainc", inputs: [a.erased, b.erased, x.erased], name: name).output(0))
}
