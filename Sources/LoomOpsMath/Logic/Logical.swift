public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Whether both are true, element by element with broadcasting.
public enum LogicalAnd: BinaryElementwise {
  public static let signature = OpSignature(
    "LogicalAnd", inputs: ["x: bool", "y: bool"], outputs: ["z: bool"], isCommutative: true)
  public static let gradient = GradientRule.notDifferentiable(because: "its result is boolean")
  public static let kernels = KernelTable.logicalAnd
}

/// Whether at least one is true, element by element with broadcasting.
public enum LogicalOr: BinaryElementwise {
  public static let signature = OpSignature(
    "LogicalOr", inputs: ["x: bool", "y: bool"], outputs: ["z: bool"], isCommutative: true)
  public static let gradient = GradientRule.notDifferentiable(because: "its result is boolean")
  public static let kernels = KernelTable.logicalOr
}

/// The opposite, element by element.
public enum LogicalNot: UnaryElementwise {
  public static let signature = OpSignature("LogicalNot", inputs: ["x: bool"], outputs: ["y: bool"])
  public static let gradient = GradientRule.notDifferentiable(because: "its result is boolean")
  public static let kernels = KernelTable.logicalNot
}

/// Whether both are true, element by element with broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `LogicalAnd`.
public func logicalAnd(
  _ a: Output<Bool>, _ b: Output<Bool>, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try a.combining("LogicalAnd", with: b, name: name)
}

/// Whether at least one is true, element by element with broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `LogicalOr`.
public func logicalOr(
  _ a: Output<Bool>, _ b: Output<Bool>, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try a.combining("LogicalOr", with: b, name: name)
}

/// The opposite, element by element.
///
/// - SeeAlso: TensorFlow op `LogicalNot`.
public func logicalNot(
  _ x: Output<Bool>, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try x.applying("LogicalNot", name: name)
}
