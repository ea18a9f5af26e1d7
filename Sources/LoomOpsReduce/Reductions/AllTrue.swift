import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Whether all elements along some dimensions are true; true over no elements.
public enum AllTrue: OpDeclaration {
  public static let signature = OpSignature(
    "All", inputs: ["input: bool", "reduction_indices: Tidx"], outputs: ["output: bool"],
    attributes: ["keep_dims: bool = false", "Tidx: {int32, int64} = int32"])
  public static let shapes = ShapeFunction.reduction
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { try specialized(ReduceKernel<AllBody>($0)) }
}

enum AllBody: ReductionBody {
  static var initial: Bool { true }
  @inline(__always) static func include(_ x: Bool, in partial: Bool) -> Bool { x && partial }
  @inline(__always) static func combine(_ a: Bool, _ b: Bool) -> Bool { a && b }
  static func finish(_ partial: Bool, count: Int) -> Bool { partial }
}

/// Whether any element along some dimensions is true; false over no elements.
public enum AnyTrue: OpDeclaration {
  public static let signature = OpSignature(
    "Any", inputs: ["input: bool", "reduction_indices: Tidx"], outputs: ["output: bool"],
    attributes: ["keep_dims: bool = false", "Tidx: {int32, int64} = int32"])
  public static let shapes = ShapeFunction.reduction
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { try specialized(ReduceKernel<AnyBody>($0)) }
}

enum AnyBody: ReductionBody {
  static var initial: Bool { false }
  @inline(__always) static func include(_ x: Bool, in partial: Bool) -> Bool { x || partial }
  @inline(__always) static func combine(_ a: Bool, _ b: Bool) -> Bool { a || b }
  static func finish(_ partial: Bool, count: Int) -> Bool { partial }
}
