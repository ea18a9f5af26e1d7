@_exported public import LoomCluster
@_exported public import LoomCore
@_exported public import LoomFormats
@_exported public import LoomGraph
@_exported public import LoomKernels
@_exported public import LoomOps
@_exported public import LoomRuntime
@_exported public import LoomTraining
