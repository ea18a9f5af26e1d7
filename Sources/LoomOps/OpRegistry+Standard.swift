public import LoomGraph
@_exported public import LoomOpsArray
@_exported public import LoomOpsCore
@_exported public import LoomOpsData
@_exported public import LoomOpsFlow
@_exported public import LoomOpsLists
@_exported public import LoomOpsMath
@_exported public import LoomOpsNN
@_exported public import LoomOpsQueues
@_exported public import LoomOpsReduce
@_exported public import LoomOpsSparse
@_exported public import LoomOpsState
@_exported public import LoomOpsStrings
@_exported public import LoomOpsTables

extension OpRegistry {
  /// The families of ops that need no files and no network.
  public static let builtInOps: [any OpDefinition.Type] =
    ArrayOps.all + CoreOps.all + DataOps.all + FlowOps.all + ListsOps.all + MathOps.all + NNOps.all
    + QueuesOps.all + ReduceOps.all + SparseOps.all + StateOps.all + StringsOps.all + TablesOps.all
}
