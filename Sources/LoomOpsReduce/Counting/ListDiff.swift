import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The elements of one vector that do not stand in another, and where they stand.
public enum ListDiff: OpDeclaration {
  public static let signature = OpSignature(
    "ListDiff", inputs: ["x: T", "y: T"], outputs: ["out: T", "idx: out_idx"],
    attributes: [
      "T: type",
      "out_idx: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(0, 1)
    try context.requireRank(1, 1)
    context.setOutput(0, [nil])
    context.setOutput(1, [nil])
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": Set<DType>.real.union([.string])]) {
    ListDiffKernel(indexType: try $0.outputType(1))
  }
}

private final class ListDiffKernel: Kernel {
  let indexType: DType

  init(indexType: DType) { self.indexType = indexType }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let x = try context.input(0)
    let y = try context.input(1)
    guard x.shape.rank == 1 else { throw .invalidArgument("x should be a 1D vector.") }
    guard y.shape.rank == 1 else { throw .invalidArgument("y should be a 1D vector.") }
    var maker = TensorKeys()
    let excluded = try maker.keys(of: y)
    var table = KeyTable(capacity: excluded.count)
    for key in excluded { _ = table.insert(key) }
    var kept: [Int] = []
    for (index, key) in try maker.keys(of: x).enumerated() where table.find(key) == nil {
      kept.append(index)
    }
    let output = try context.allocate(0, dtype: x.dtype, shape: Shape(vector: kept.count))
    try context.gatherSlices(x, AxisView(x.shape, axis: 0), at: kept, into: output)
    try context.setIndices(1, kept, indexType)
  }
}
