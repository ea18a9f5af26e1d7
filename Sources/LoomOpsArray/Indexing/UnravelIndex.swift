import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Flat positions as positions in each dimension.
public enum UnravelIndex: OpDeclaration {
  public static let signature = OpSignature(
    "UnravelIndex", inputs: ["indices: Tidx", "dims: Tidx"], outputs: ["output: Tidx"],
    attributes: ["Tidx: {int32, int64} = int32"])
  public static let shapes = ShapeFunction { context in
    let dimensions = try context.requireRank(1, 1)
    let indices = context.input(0)
    guard let rank = indices.rank else { return }
    context.setOutput(
      0, rank == 0 ? [dimensions[0]] : [dimensions[0], indices.knownElementCount])
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.closure { context in
    let (indices, dimensions) = (try context.input(0), try context.input(1))
    guard indices.shape.rank <= 1 else {
      throw StatusError.invalidArgument(
        "The indices can only be scalar or vector, got \"\(indices.shape)\"")
    }
    guard dimensions.shape.rank == 1 else {
      throw StatusError.invalidArgument(
        "The indices can only be 1-D, got \"\(dimensions.shape)\"")
    }
    let sizes = try dimensions.integers()
    if let zero = sizes.firstIndex(of: 0) {
      throw StatusError.invalidArgument(
        "Input dims cannot contain a dim of zero, but dims contains zero at index \(zero)")
    }
    guard sizes.allSatisfy({ $0 > 0 }), let total = Checked.product(sizes) else {
      throw StatusError.invalidArgument("Input dims product is causing integer overflow")
    }
    let positions = try indices.integers()
    let count = positions.count
    var result = [Int](repeating: 0, count: sizes.count * count)
    for (column, position) in positions.enumerated() {
      guard position >= 0, position < total else {
        throw StatusError.invalidArgument("index is out of bound as with dims")
      }
      var rest = position
      for row in sizes.indices.reversed() {
        result[row * count + column] = rest % sizes[row]
        rest /= sizes[row]
      }
    }
    let shape =
      indices.shape.rank == 0 ? Shape(vector: sizes.count) : try Shape([sizes.count, count])
    try context.setIntegers(0, result, shape: shape, as: indices.dtype)
  }
}
