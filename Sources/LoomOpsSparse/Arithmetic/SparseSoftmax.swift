public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The softmax of the stored values of each innermost row.
public enum SparseSoftmax: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "SparseSoftmax", inputs: ["sp_indices: int64", "sp_values: T", "sp_shape: int64"],
    outputs: ["output: T"], attributes: ["T: {half, float, double}"])
  public static let shapes = ShapeFunction { context in
    try context.requireSparse(0)
    context.setOutput(0, try context.requireRank(1, 1))
  }
  public static let gradient = GradientRule.dense { context in
    let (indices, sizes) = (try context.input(0), try context.input(2))
    let (upstream, y) = (try context.upstream(0), try context.output(0))
    let product = try context.mul(y, upstream)
    let sums = try context.build(
      "SparseReduceSum", [indices, product, sizes, context.constant([-1])],
      ["keep_dims": true])
    let centered = try context.build(
      "SparseDenseCwiseAdd", [indices, upstream, sizes, context.neg(sums)])
    return [nil, try context.mul(centered, y), nil]
  }
  public static let kernels = KernelTable.floating(
    SparseSoftmax.self, over: [.half, .float, .double])

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClosureKernel { try compute($0, type) }
  }

  private static func compute<Scalar: FloatingScalar>(
    _ context: borrowing KernelContext, _ type: Scalar.Type
  ) throws(StatusError) {
    let input = try SparseParts(context, at: 0)
    guard input.rank >= 2 else {
      throw .invalidArgument(
        "Input should have rank >= 2, but received shape: \(SparseParts.list(input.sizes))")
    }
    // Positions only tell rows apart: they are taken as they are, as in TensorFlow.
    _ = try input.shape()
    let stored = input.values
    let x = try stored.span(of: type)
    try context.makeOutput(0, of: type, shape: Shape(vector: input.count)) { span in
      var start = 0
      while start < input.count {
        var end = start + 1
        while end < input.count,
          input.tuple(end).dropLast() == input.tuple(start).dropLast()
        {
          end += 1
        }
        var highest = x[start].accumulator
        for entry in start..<end where x[entry].accumulator > highest {
          highest = x[entry].accumulator
        }
        var sum: Scalar.Accumulator = 0
        for entry in start..<end { sum += Scalar.Accumulator.exp(x[entry].accumulator - highest) }
        for entry in start..<end {
          span[entry] = Scalar(Scalar.Accumulator.exp(x[entry].accumulator - highest) / sum)
        }
        start = end
      }
    }
  }
}
