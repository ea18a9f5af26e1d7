public import LoomCore
public import LoomGraph
@_exported public import LoomOpsArray
@_exported public import LoomOpsCore
@_exported public import LoomOpsFlow
@_exported public import LoomOpsMath
@_exported public import LoomOpsNN
@_exported public import LoomOpsReduce
@_exported public import LoomOpsState
@_exported public import LoomOpsStrings

extension OpRegistry {
  /// The families of ops that need no files and no network.
  public static func builtIn() throws(StatusError) -> OpRegistry {
    try OpRegistry(
      ArrayOps.all + CoreOps.all + FlowOps.all + MathOps.all + NNOps.all + ReduceOps.all
        + StateOps.all
        + StringsOps.all)
  }
}
