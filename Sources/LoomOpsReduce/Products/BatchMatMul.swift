public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Products of batches of matrices whose batch shapes are equal.
public enum BatchMatMul: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "BatchMatMul", inputs: ["x: T", "y: T"], outputs: ["output: T"],
    attributes: [
      "T: {bfloat16, half, float, double, int32, int64, complex64, complex128}",
      "adj_x: bool = false", "adj_y: bool = false", "grad_x: bool = false", "grad_y: bool = false",
    ])
  public static let shapes = ShapeFunction.batchProduct { a, b throws(StatusError) in
    try a.merged(with: b)
  }
  public static let gradient = GradientRule.dense { context in
    let (x, y) = try context.batchProductGradients(op: "BatchMatMul", [:])
    return [x, y]
  }
  public static let kernels = KernelTable.numeric(
    BatchMatMul.self,
    over: Set<DType>.floating.union(Set<DType>.complex).union([.int32, .int64, .int16]))

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(BatchMatMulKernel<Scalar>(construction, broadcasts: false))
  }
}

/// Products of batches of matrices whose batch shapes broadcast.
public enum BatchMatMulV2: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "BatchMatMulV2", inputs: ["x: T", "y: T"], outputs: ["output: T"],
    attributes: [
      "T: {bfloat16, half, float, double, int16, int32, int64, uint8, uint16, uint32, uint64, complex64, complex128}",
      "adj_x: bool = false", "adj_y: bool = false", "grad_x: bool = false", "grad_y: bool = false",
    ])
  public static let shapes = ShapeFunction.batchProduct { a, b throws(StatusError) in
    try a.broadcast(with: b)
  }
  public static let gradient = GradientRule.dense { context in
    let (x, y) = try context.batchProductGradients(op: "BatchMatMulV2", [:])
    return try context.sumOverBroadcastBatches(x, y)
  }
  public static let kernels = KernelTable.numeric(
    BatchMatMulV2.self,
    over: Set<DType>.floating.union(Set<DType>.complex).union([.int32, .int64, .int16]))

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(BatchMatMulKernel<Scalar>(construction, broadcasts: true))
  }
}

/// Products of batches of matrices, whose operands may have other dtypes than the result.
public enum BatchMatMulV3: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "BatchMatMulV3", inputs: ["x: Ta", "y: Tb"], outputs: ["output: Tout"],
    attributes: [
      "Ta: {bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, complex128}",
      "Tb: {bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, complex128}",
      "Tout: {bfloat16, half, float, double, int16, int32, int64, complex64, complex128}",
      "adj_x: bool = false", "adj_y: bool = false", "grad_x: bool = false", "grad_y: bool = false",
    ])
  public static let shapes = ShapeFunction.batchProduct { a, b throws(StatusError) in
    try a.broadcast(with: b)
  }
  public static let gradient = GradientRule.dense { context in
    let (x, y) = try context.batchProductGradients(
      op: "BatchMatMulV3", ["Tout": .type(context.output(0).dtype)])
    return try context.sumOverBroadcastBatches(x, y)
  }
  public static let kernels = KernelTable { construction in
    try BatchMatMulV3.kernel(construction)
  }

  private static func kernel(_ construction: KernelConstruction) throws -> any Kernel {
    let (a, b) = (try construction.inputType(0), try construction.inputType(1))
    let result = try construction.outputType(0)
    let narrow: Set<DType> = [.int8, .uint8]
    switch result {
    case .int32 where narrow.contains(a) && narrow.contains(b):
      return try specialized(BatchMatMulKernel<Int32>(construction, broadcasts: true))
    case .bfloat16
    where (a == .bfloat16 || narrow.contains(a)) && (b == .bfloat16 || narrow.contains(b))
      && (a == b ? a == .bfloat16 : a == .bfloat16 || b == .bfloat16):
      return try specialized(BatchMatMulKernel<BFloat16>(construction, broadcasts: true))
    case _ where a == b && a == result:
      return try KernelTable.numeric(BatchMatMulV3.self, attribute: "Tout").kernel(
        for: construction)
    default:
      throw StatusError.invalidArgument(
        "No OpKernel was registered to support Op 'BatchMatMulV3' used by "
          + "{{node \(construction.nodeName)}} with these attrs: [Ta=\(a), Tb=\(b), Tout=\(result)]"
      )
    }
  }

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(BatchMatMulKernel<Scalar>(construction, broadcasts: true))
  }
}

extension ShapeFunction {
  /// `[batch..., rows, columns]`, the batch dimensions put together by `batch`.
  fileprivate static func batchProduct(
    _ batch: @escaping @Sendable (PartialShape, PartialShape) throws(StatusError) -> PartialShape
  ) -> ShapeFunction {
    ShapeFunction { context in
      let x = try context.requireRank(0, atLeast: 2)
      let y = try context.requireRank(1, atLeast: 2)
      let adjointX = try context.attributes.bool("adj_x")
      let adjointY = try context.attributes.bool("adj_y")
      /// Dimension `index` from the end.
      func size(_ shape: PartialShape, _ index: Int) -> Int? {
        shape.rank.flatMap { shape[$0 - index] }
      }
      let batches = try batch(
        x.dimensions(in: 0..<Swift.max((x.rank ?? 2) - 2, 0)),
        y.dimensions(in: 0..<Swift.max((y.rank ?? 2) - 2, 0)))
      _ = try ShapeContext.merge(size(x, adjointX ? 2 : 1), size(y, adjointY ? 1 : 2))
      context.setOutput(
        0, batches.concatenated(with: [size(x, adjointX ? 1 : 2), size(y, adjointY ? 2 : 1)]))
    }
  }
}

extension GradientContext {
  /// The gradients of both operands, before broadcasting is undone.
  fileprivate func batchProductGradients(
    op: String, _ attributes: [String: AttributeValue]
  ) throws -> (AnyOutput, AnyOutput) {
    let gradient = try upstream(0)
    let (x, y) = (try input(0), try input(1))
    let adjointX = try self.attributes.bool("adj_x")
    let adjointY = try self.attributes.bool("adj_y")
    func product(
      _ a: AnyOutput, _ b: AnyOutput, _ adjointA: Bool, _ adjointB: Bool, _ marker: String
    ) throws -> AnyOutput {
      var all = attributes
      all["adj_x"] = .bool(adjointA)
      all["adj_y"] = .bool(adjointB)
      all[marker] = true
      return try build(op, [a, b], all)
    }
    let gradientX =
      adjointX
      ? try product(y, gradient, adjointY, true, "grad_x")
      : try product(gradient, y, false, !adjointY, "grad_x")
    let gradientY =
      adjointY
      ? try product(gradient, x, true, adjointX, "grad_y")
      : try product(x, gradient, !adjointX, false, "grad_y")
    return (gradientX, gradientY)
  }

  /// Sums gradients over the batch dimensions in which their operands were broadcast.
  fileprivate func sumOverBroadcastBatches(
    _ gradientX: AnyOutput, _ gradientY: AnyOutput
  ) throws -> [AnyOutput?] {
    let (x, y) = (try input(0), try input(1))
    let batchX = x.shape.dimensions(in: 0..<Swift.max((x.shape.rank ?? 2) - 2, 0))
    let batchY = y.shape.dimensions(in: 0..<Swift.max((y.shape.rank ?? 2) - 2, 0))
    if x.shape.rank == 2, y.shape.rank == 2 { return [gradientX, gradientY] }
    if batchX.isFullyDefined, batchX == batchY { return [gradientX, gradientY] }
    let (shapeX, shapeY) = (try shape(x), try shape(y))
    func leading(_ shape: AnyOutput) throws -> AnyOutput {
      try build(
        "StridedSlice", [shape, constant([0]), constant([-2]), constant([1])], ["begin_mask": 1])
    }
    let axes = try buildAll("BroadcastGradientArgs", [leading(shapeX), leading(shapeY)])
    guard axes.count == 2 else { throw StatusError.internal("Expected two lists of axes") }
    return [
      try reshape(sum(gradientX, axes[0]), shapeX), try reshape(sum(gradientY, axes[1]), shapeY),
    ]
  }
}

private final class BatchMatMulKernel<Scalar: NumericScalar>: Kernel {
  let adjointX: Bool
  let adjointY: Bool
  let broadcasts: Bool

  init(_ construction: KernelConstruction, broadcasts: Bool) throws(StatusError) {
    adjointX = try construction.attributes.bool("adj_x")
    adjointY = try construction.attributes.bool("adj_y")
    self.broadcasts = broadcasts
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    var x = try context.input(0)
    var y = try context.input(1)
    let batch = try checkedBatch(x.shape, y.shape)
    if x.dtype != Scalar.dtype { x = try widened(x, context) }
    if y.dtype != Scalar.dtype { y = try widened(y, context) }
    if adjointX, x.dtype.isComplex { x = try conjugated(x, context) }
    if adjointY, y.dtype.isComplex { y = try conjugated(y, context) }
    let (rankX, rankY) = (x.shape.rank, y.shape.rank)
    var rows = x.shape[rankX - (adjointX ? 1 : 2)]
    let depth = x.shape[rankX - (adjointX ? 2 : 1)]
    let columns = y.shape[rankY - (adjointY ? 2 : 1)]
    let output = try context.allocate(
      0, dtype: Scalar.dtype, shape: Shape(batch.result.sizes + [rows, columns]))
    if output.elementCount == 0 { return }
    var sizes = GemmShape(
      m: rows, n: columns, k: depth, transposesA: adjointX, transposesB: adjointY)
    if !adjointX, y.elementCount == depth &* columns {
      // One right operand for all: the batch is a taller matrix.
      rows = output.elementCount / columns
      sizes.m = rows
    } else {
      sizes.count = batch.result.elementCount
      sizes.layout = batch.layout(sizeX: rows &* depth, sizeY: depth &* columns)
    }
    try MatrixProduct.multiply(x, y, into: output, of: Scalar.self, sizes, context.workers)
  }

  private func checkedBatch(_ x: Shape, _ y: Shape) throws(StatusError) -> BatchShapes {
    if !broadcasts {
      guard x.rank == y.rank else {
        throw .invalidArgument("In[0] and In[1] has different ndims: \(x) vs. \(y)")
      }
      for index in 0..<Swift.max(x.rank - 2, 0) where x[index] != y[index] {
        throw .invalidArgument(
          "In[0].dim(\(index)) and In[1].dim(\(index)) must be the same: \(x) vs \(y)")
      }
    }
    guard x.rank >= 2 else { throw .invalidArgument("In[0] ndims must be >= 2: \(x.rank)") }
    guard y.rank >= 2 else { throw .invalidArgument("In[1] ndims must be >= 2: \(y.rank)") }
    guard let batch = BatchShapes(x, y) else {
      throw .invalidArgument(
        "In[0] and In[1] must have compatible batch dimensions: \(x) vs. \(y)")
    }
    guard x[x.rank - (adjointX ? 2 : 1)] == y[y.rank - (adjointY ? 1 : 2)] else {
      throw .invalidArgument(
        "Matrix size-incompatible: In[0]: \(x), In[1]: \(y) \(adjointX ? 1 : 0) "
          + "\(adjointY ? 1 : 0)")
    }
    return batch
  }

  private func conjugated(
    _ x: AnyTensor, _ context: borrowing KernelContext
  ) throws(StatusError) -> AnyTensor {
    var result = try MutableTensor<Scalar>(shape: x.shape, budget: context.budget)
    let source = try x.span(of: Scalar.self)
    var target = result.mutableSpan
    for index in 0..<source.count {
      let value = source[index]
      if let value = value as? Complex64, let other = value.conjugate as? Scalar {
        target[index] = other
      } else if let value = value as? Complex128, let other = value.conjugate as? Scalar {
        target[index] = other
      }
    }
    return result.finish()
  }

  /// Bytes as numbers of the result's type.
  private func widened(
    _ x: AnyTensor, _ context: borrowing KernelContext
  ) throws(StatusError) -> AnyTensor {
    var result = try MutableTensor<Scalar>(shape: x.shape, budget: context.budget)
    var target = result.mutableSpan
    if x.dtype == .int8 {
      let source = try x.span(of: Int8.self)
      for index in 0..<source.count { target[index] = Scalar(converting: Double(source[index])) }
    } else {
      let source = try x.span(of: UInt8.self)
      for index in 0..<source.count { target[index] = Scalar(converting: Double(source[index])) }
    }
    return result.finish()
  }
}

/// How the batch dimensions of two operands go together.
struct BatchShapes {
  var result: Shape
  private let x: [Int]
  private let y: [Int]

  /// `nil` if sizes differ and neither is 1; both shapes have at least two dimensions.
  init?(_ x: Shape, _ y: Shape) {
    let rank = Swift.max(x.rank, y.rank) - 2
    let padX = rank - (x.rank - 2)
    let padY = rank - (y.rank - 2)
    let sizesX = [Int](repeating: 1, count: padX) + x.sizes.dropLast(2)
    let sizesY = [Int](repeating: 1, count: padY) + y.sizes.dropLast(2)
    var sizes: [Int] = []
    for (a, b) in zip(sizesX, sizesY) {
      guard a == b || a == 1 || b == 1 else { return nil }
      sizes.append(a == 1 ? b : a)
    }
    // A product that overflows is no shape either.
    guard let shape = try? Shape(sizes) else { return nil }
    result = shape
    self.x = sizesX
    self.y = sizesY
  }

  /// Where the matrices of each product begin.
  func layout(sizeX: Int, sizeY: Int) -> GemmShape.Layout {
    if x == y { return .strided(a: sizeX, b: sizeY) }
    func strides(_ sizes: [Int], _ size: Int) -> [Int] {
      var result = [Int](repeating: 0, count: sizes.count)
      var stride = size
      for index in sizes.indices.reversed() {
        result[index] = sizes[index] == 1 ? 0 : stride
        stride = stride &* sizes[index]
      }
      return result
    }
    let (stepsX, stepsY) = (strides(x, sizeX), strides(y, sizeY))
    var startsX: [Int] = []
    var startsY: [Int] = []
    startsX.reserveCapacity(result.elementCount)
    startsY.reserveCapacity(result.elementCount)
    for index in 0..<result.elementCount {
      var rest = index
      var (a, b) = (0, 0)
      for dimension in (0..<result.rank).reversed() {
        let (quotient, position) = rest.quotientAndRemainder(dividingBy: result[dimension])
        a = a &+ position &* stepsX[dimension]
        b = b &+ position &* stepsY[dimension]
        rest = quotient
      }
      startsX.append(a)
      startsY.append(b)
    }
    return .scattered(a: startsX, b: startsY)
  }
}

/// Products of batches of matrices, `a · b`.
///
/// - Parameters:
///   - a: `[..., n, k]`, floating, integer or complex; `[..., k, n]` if adjoint.
///   - b: `[..., k, m]`, same dtype; leading dimensions broadcast against those of `a`.
///   - adjointA: Whether the matrices of `a` are transposed and conjugated first.
/// - Returns: `[..., n, m]`. Zeros where `k == 0`.
/// - Throws: ``StatusError/Code/invalidArgument`` if the inner dimensions are known and differ.
/// - SeeAlso: TensorFlow op `BatchMatMulV2`.
public func batchMatmul<Scalar: NumericScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, adjointA: Bool = false, adjointB: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    a.graph.addOperation(
      "BatchMatMulV2", inputs: [a.erased, b.erased],
      attributes: ["adj_x": .bool(adjointA), "adj_y": .bool(adjointB)], name: name
    ).output(0))
}
