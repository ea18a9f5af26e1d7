import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A sparse tensor with its entries in row-major order.
public enum SparseReorder: OpDeclaration {
  public static let signature = OpSignature(
    "SparseReorder", inputs: ["input_indices: int64", "input_values: T", "input_shape: int64"],
    outputs: ["output_indices: int64", "output_values: T"], attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in
    try context.requireSparse(0)
    context.setOutput(0, try context.requireRank(0, 2))
    context.setOutput(1, try context.requireRank(1, 1))
  }
  public static let gradient = GradientRule.dense { context in
    let indices = try context.input(0)
    let count = try context.gather(context.shape(indices), context.scalar(0))
    let entries = try context.range(context.scalar(0), count, context.scalar(1))
    let sorted = try context.buildAll("SparseReorder", [indices, entries, context.input(2)])[1]
    let inverse = try context.build("InvertPermutation", [sorted])
    return [nil, try context.gather(context.upstream(1), inverse), nil]
  }
  public static let kernels = KernelTable(where: ["T": .movable]) { _ in
    ClosureKernel { try compute($0) }
  }

  private static func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try SparseParts(context, at: 0)
    _ = try input.shape()
    if input.isOrdered {
      try context.forward(0, to: 0)
      try context.forward(1, to: 1)
      return
    }
    let order = input.order(by: Array(0..<input.rank))
    try context.setIndices(
      0, order.flatMap { input.tuple($0) }, rank: input.rank, count: input.count)
    try context.setValues(1, input.values, at: order)
  }
}
