public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// What the ops of a sparse and a broadcast dense operand share.
protocol SparseDenseOp {
  static func apply<Scalar: RealScalar>(_ x: Scalar, _ y: Scalar) -> Scalar
  static var divides: Bool { get }
}

/// The stored values of a sparse tensor times those of a dense one.
public enum SparseDenseCwiseMul: OpDeclaration, RealKernelFamily, SparseDenseOp {
  public static let signature = OpSignature.sparseDense("SparseDenseCwiseMul")
  public static let shapes = ShapeFunction.storedValues
  public static let gradient = GradientRule.dense { context in
    let (upstream, x) = (try context.upstream(0), try context.input(1))
    let (y, positions) = try context.denseOperand()
    let other = try context.mul(upstream, x)
    return [nil, try context.mul(upstream, y), nil, try context.scattered(other, at: positions)]
  }
  public static let kernels = KernelTable.real(SparseDenseCwiseMul.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClosureKernel { try SparseDense.compute($0, type, SparseDenseCwiseMul.self) }
  }

  static var divides: Bool { false }
  @inline(__always) static func apply<Scalar: RealScalar>(_ x: Scalar, _ y: Scalar) -> Scalar {
    .wrappingMultiply(x, y)
  }
}

/// The stored values of a sparse tensor divided by those of a dense one.
public enum SparseDenseCwiseDiv: OpDeclaration, RealKernelFamily, SparseDenseOp {
  public static let signature = OpSignature.sparseDense("SparseDenseCwiseDiv")
  public static let shapes = ShapeFunction.storedValues
  public static let gradient = GradientRule.dense { context in
    let (upstream, x) = (try context.upstream(0), try context.input(1))
    let (y, positions) = try context.denseOperand()
    let slope = try context.div(context.neg(x), context.square(y))
    let other = try context.mul(upstream, slope)
    return [nil, try context.div(upstream, y), nil, try context.scattered(other, at: positions)]
  }
  public static let kernels = KernelTable.real(SparseDenseCwiseDiv.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClosureKernel { try SparseDense.compute($0, type, SparseDenseCwiseDiv.self) }
  }

  static var divides: Bool { true }
  @inline(__always) static func apply<Scalar: RealScalar>(_ x: Scalar, _ y: Scalar) -> Scalar {
    .quotient(x, y)
  }
}

/// The stored values of a sparse tensor plus those of a dense one.
public enum SparseDenseCwiseAdd: OpDeclaration, RealKernelFamily, SparseDenseOp {
  public static let signature = OpSignature.sparseDense("SparseDenseCwiseAdd")
  public static let shapes = ShapeFunction.storedValues
  public static let gradient = GradientRule.missing("SparseDenseCwiseAdd")
  public static let kernels = KernelTable.real(SparseDenseCwiseAdd.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClosureKernel { try SparseDense.compute($0, type, SparseDenseCwiseAdd.self) }
  }

  static var divides: Bool { false }
  @inline(__always) static func apply<Scalar: RealScalar>(_ x: Scalar, _ y: Scalar) -> Scalar {
    .wrappingAdd(x, y)
  }
}

extension OpSignature {
  fileprivate static func sparseDense(_ name: String) -> OpSignature {
    OpSignature(
      name, inputs: ["sp_indices: int64", "sp_values: T", "sp_shape: int64", "dense: T"],
      outputs: ["output: T"], attributes: ["T: \(Allowed.numbers)"])
  }
}

extension GradientRule {
  /// TensorFlow has a rule that says it is not written.
  static func missing(_ op: String) -> GradientRule {
    .rule { _ in throw StatusError.unimplemented("Gradient for \(op) is not implemented.") }
  }
}

extension ShapeFunction {
  fileprivate static let storedValues = ShapeFunction { context in
    context.setOutput(0, [try context.requireRank(0, 2)[0]])
  }
}

private enum SparseDense {
  static func compute<Scalar: RealScalar, Op: SparseDenseOp>(
    _ context: borrowing KernelContext, _ type: Scalar.Type, _ op: Op.Type
  ) throws(StatusError) {
    let sparse = try SparseParts(context, at: 0)
    let dense = try context.input(3)
    let full = try sparse.shape()
    let added = full.rank - dense.shape.rank
    // The dense side is broadcast, never the other.
    var fits = added >= 0
    for dimension in 0..<dense.shape.rank where fits {
      let (size, target) = (dense.shape[dimension], full[dimension + added])
      fits = size == target || (size == 1 && target >= 1)
    }
    guard fits else {
      throw .invalidArgument(
        "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: "
          + "\(full) vs. \(dense.shape)")
    }
    var strides = [Int](repeating: 0, count: full.rank)
    for (dimension, stride) in dense.shape.strides.enumerated()
    where dense.shape[dimension] != 1 {
      strides[dimension + added] = stride
    }
    let stored = sparse.values
    let x = try stored.span(of: type)
    let y = try dense.span(of: type)
    let refusesZero = op.divides && type.dtype.isInteger
    try context.makeOutput(0, of: type, shape: Shape(vector: sparse.count)) {
      (span: inout MutableSpan<Scalar>) throws(StatusError) in
      for entry in span.indices {
        var offset = 0
        for dimension in 0..<full.rank {
          let position = sparse.position(entry, dimension)
          guard position >= 0, position < full[dimension] else {
            throw .invalidArgument(
              "Provided indices are out-of-bounds w.r.t. dense side with broadcasted shape: "
                + sparse.text(entry))
          }
          offset &+= position &* strides[dimension]
        }
        if refusesZero, y[offset] == .zero {
          throw .invalidArgument("Integer division by zero")
        }
        span[entry] = op.apply(x[entry], y[offset])
      }
    }
  }
}

extension GradientContext {
  /// The elements of the dense operand that meet the stored ones, and where they stand in it.
  fileprivate func denseOperand() throws(StatusError) -> (AnyOutput, AnyOutput) {
    let (indices, sizes, y) = (try input(0), try input(2), try input(3))
    let ySizes = try shape(y, as: .int64)
    let added = try expandDims(sub(size(sizes), size(ySizes)), axis: 0)
    let ones = try fill(added, scalar(1, as: .int64))
    let augmented = try concat([ones, ySizes], axis: scalar(0))
    let scaling = try build("FloorDiv", [sizes, augmented])
    let scaled = try build("FloorDiv", [indices, scaling])
    let begin = try concat([constant([0]), added], axis: scalar(0))
    let positions = try slice(scaled, begin: begin, size: constant([-1, -1]))
    return (try build("GatherNd", [y, positions]), positions)
  }

  /// `values` added up at `positions` of zeros like the dense operand.
  fileprivate func scattered(
    _ values: AnyOutput, at positions: AnyOutput
  ) throws(StatusError) -> AnyOutput {
    let y = try input(3)
    return try build(
      "SparseTensorDenseAdd", [positions, values, shape(y, as: .int64), zerosLike(y)])
  }
}
