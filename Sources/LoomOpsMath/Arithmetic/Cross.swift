public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The cross products of vectors of three along the last dimension.
public enum Cross: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature(
    "Cross", inputs: ["a: T", "b: T"], outputs: ["product: T"], attributes: ["T: \(Types.ordered)"])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(0, atLeast: 1)
    try context.requireRank(1, atLeast: 1)
    let shape = try context.input(0).merged(with: context.input(1))
    if let rank = shape.rank {
      guard try ShapeContext.merge(shape[rank - 1], 3) == 3 else { return }
      context.setOutput(0, shape.replacing(rank - 1, with: 3))
    }
  }
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    return [
      try context.build("Cross", [context.input(1), upstream]),
      try context.build("Cross", [upstream, context.input(0)]),
    ]
  }
  public static let kernels = KernelTable.real(Cross.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(CrossKernel<Scalar>())
  }
}

private final class CrossKernel<Scalar: RealScalar>: Kernel {
  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let (a, b) = (try context.input(0), try context.input(1))
    guard a.shape == b.shape else {
      throw .invalidArgument("Both inputs must be of same shape: \(a.shape) vs. \(b.shape)")
    }
    guard a.shape.rank > 0 else {
      throw .invalidArgument("Input must be at least 1D but got shape: \(a.shape)")
    }
    guard a.shape[a.shape.rank - 1] == 3 else {
      throw .failedPrecondition("Cross-products are only defined for 3-element vectors.")
    }
    let (u, v) = (try a.span(of: Scalar.self), try b.span(of: Scalar.self))
    func minor(_ start: Int, _ i: Int, _ j: Int, _ u: Span<Scalar>, _ v: Span<Scalar>) -> Scalar {
      Scalar.wrappingSubtract(
        Scalar.wrappingMultiply(u[start + i], v[start + j]),
        Scalar.wrappingMultiply(u[start + j], v[start + i]))
    }
    try context.makeOutput(0, of: Scalar.self, shape: a.shape) {
      (span: inout MutableSpan<Scalar>) throws(StatusError) in
      for start in stride(from: 0, to: span.count, by: 3) {
        span[start] = minor(start, 1, 2, u, v)
        span[start + 1] = minor(start, 2, 0, u, v)
        span[start + 2] = minor(start, 0, 1, u, v)
      }
    }
  }
}

/// The cross products of vectors of three along the last dimension.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if the shapes are known and differ, or do not end
///   in 3.
/// - SeeAlso: TensorFlow op `Cross`.
public func cross<Scalar: RealScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try a.combining("Cross", with: b, name: name)
}
