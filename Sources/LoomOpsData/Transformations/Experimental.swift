import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

// Dataset ops under the names they had before they were settled.

/// ``DenseToSparseBatchDataset`` under its first name.
enum ExperimentalDenseToSparseBatchDataset: DatasetOp {
  static let signature = OpSignature(
    "ExperimentalDenseToSparseBatchDataset",
    inputs: ["input_dataset: variant", "batch_size: int64", "row_shape: int64"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try DenseToSparseBatchDataset.make(node)
  }
}

/// ``DirectedInterleaveDataset`` under its first name.
enum ExperimentalDirectedInterleaveDataset: DatasetOp {
  static let signature = OpSignature(
    "ExperimentalDirectedInterleaveDataset",
    inputs: ["selector_input_dataset: variant", "data_input_datasets: N * variant"],
    outputs: ["handle: variant"],
    attributes: ["output_types: list(type) >= 1", "output_shapes: list(shape) >= 1", "N: int >= 1"])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try DirectedInterleaveDataset.make(node)
  }
}

/// ``GroupByReducerDataset`` under its first name.
enum ExperimentalGroupByReducerDataset: DatasetOp {
  static let signature = OpSignature(
    "ExperimentalGroupByReducerDataset",
    inputs: [
      "input_dataset: variant", "key_func_other_arguments: Tkey_func_other_arguments",
      "init_func_other_arguments: Tinit_func_other_arguments",
      "reduce_func_other_arguments: Treduce_func_other_arguments",
      "finalize_func_other_arguments: Tfinalize_func_other_arguments",
    ], outputs: ["handle: variant"],
    attributes: [
      "key_func: func", "init_func: func", "reduce_func: func", "finalize_func: func",
      "Tkey_func_other_arguments: list(type) >= 0", "Tinit_func_other_arguments: list(type) >= 0",
      "Treduce_func_other_arguments: list(type) >= 0",
      "Tfinalize_func_other_arguments: list(type) >= 0",
    ] + DatasetAttributes.elements, isStateful: true)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try GroupByReducerDataset.make(node)
  }
}

/// ``GroupByWindowDataset`` under its first name.
enum ExperimentalGroupByWindowDataset: DatasetOp {
  static let signature = OpSignature(
    "ExperimentalGroupByWindowDataset",
    inputs: [
      "input_dataset: variant", "key_func_other_arguments: Tkey_func_other_arguments",
      "reduce_func_other_arguments: Treduce_func_other_arguments",
      "window_size_func_other_arguments: Twindow_size_func_other_arguments",
    ], outputs: ["handle: variant"],
    attributes: [
      "key_func: func", "reduce_func: func", "window_size_func: func",
      "Tkey_func_other_arguments: list(type) >= 0", "Treduce_func_other_arguments: list(type) >= 0",
      "Twindow_size_func_other_arguments: list(type) >= 0",
    ] + DatasetAttributes.elements)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try GroupByWindowDataset.make(node)
  }
}

/// ``IgnoreErrorsDataset`` under its first name.
enum ExperimentalIgnoreErrorsDataset: DatasetOp {
  static let signature = OpSignature(
    "ExperimentalIgnoreErrorsDataset", inputs: ["input_dataset: variant"],
    outputs: ["handle: variant"],
    attributes: [
      "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
      "log_warning: bool = false",
    ])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try IgnoreErrorsDataset.make(node)
  }
}

/// ``MapAndBatchDataset`` under its first name.
enum ExperimentalMapAndBatchDataset: DatasetOp {
  static let signature = OpSignature(
    "ExperimentalMapAndBatchDataset",
    inputs: [
      "input_dataset: variant", "other_arguments: Targuments", "batch_size: int64",
      "num_parallel_calls: int64", "drop_remainder: bool",
    ], outputs: ["handle: variant"],
    attributes: [
      "f: func", "Targuments: list(type) >= 0", "output_types: list(type) >= 1",
      "output_shapes: list(shape) >= 1", "preserve_cardinality: bool = false",
    ])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try MapAndBatchDataset.make(node)
  }
}

/// ``RandomDataset`` under its first name.
enum ExperimentalRandomDataset: DatasetOp {
  static let signature = OpSignature(
    "ExperimentalRandomDataset", inputs: ["seed: int64", "seed2: int64"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements, isStateful: true)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try RandomDataset.make(node)
  }
}

/// ``ScanDataset`` under its first name.
enum ExperimentalScanDataset: DatasetOp {
  static let signature = OpSignature(
    "ExperimentalScanDataset",
    inputs: ["input_dataset: variant", "initial_state: Tstate", "other_arguments: Targuments"],
    outputs: ["handle: variant"],
    attributes: [
      "f: func", "Tstate: list(type) >= 1", "Targuments: list(type) >= 0",
      "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
      "preserve_cardinality: bool = false",
    ])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try ScanDataset.make(node)
  }
}

/// ``TakeWhileDataset`` under its first name.
enum ExperimentalTakeWhileDataset: DatasetOp {
  static let signature = OpSignature(
    "ExperimentalTakeWhileDataset",
    inputs: ["input_dataset: variant", "other_arguments: Targuments"], outputs: ["handle: variant"],
    attributes: ["predicate: func", "Targuments: list(type) >= 0"] + DatasetAttributes.elements)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try TakeWhileDataset.make(node)
  }
}

/// ``UnbatchDataset`` under its first name.
enum ExperimentalUnbatchDataset: DatasetOp {
  static let signature = OpSignature(
    "ExperimentalUnbatchDataset", inputs: ["input_dataset: variant"], outputs: ["handle: variant"],
    attributes: DatasetAttributes.elements)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try UnbatchDataset.make(node)
  }
}

/// ``UniqueDataset`` under its first name.
enum ExperimentalUniqueDataset: DatasetOp {
  static let signature = OpSignature(
    "ExperimentalUniqueDataset", inputs: ["input_dataset: variant"], outputs: ["handle: variant"],
    attributes: DatasetAttributes.elements)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try UniqueDataset.make(node)
  }
}

/// ``ParallelInterleaveDataset`` under its first name.
enum ExperimentalParallelInterleaveDataset: DatasetOp {
  static let signature = OpSignature(
    "ExperimentalParallelInterleaveDataset",
    inputs: [
      "input_dataset: variant", "other_arguments: Targuments", "cycle_length: int64",
      "block_length: int64", "sloppy: bool", "buffer_output_elements: int64",
      "prefetch_input_elements: int64",
    ], outputs: ["handle: variant"],
    attributes: ["f: func", "Targuments: list(type) >= 0"] + DatasetAttributes.elements)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try legacyInterleaved(node, buffers: 3)
  }
}

/// ``BytesProducedStatsDataset`` under its first name.
enum ExperimentalBytesProducedStatsDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "ExperimentalBytesProducedStatsDataset", inputs: ["input_dataset: variant", "tag: string"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements)
}

/// ``LatencyStatsDataset`` under its first name.
enum ExperimentalLatencyStatsDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "ExperimentalLatencyStatsDataset", inputs: ["input_dataset: variant", "tag: string"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements)
}

/// ``MaxIntraOpParallelismDataset`` under its first name.
enum ExperimentalMaxIntraOpParallelismDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "ExperimentalMaxIntraOpParallelismDataset",
    inputs: ["input_dataset: variant", "max_intra_op_parallelism: int64"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements)
}

/// ``NonSerializableDataset`` under its first name.
enum ExperimentalNonSerializableDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "ExperimentalNonSerializableDataset", inputs: ["input_dataset: variant"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements)
}

/// ``PrivateThreadPoolDataset`` under its first name.
enum ExperimentalPrivateThreadPoolDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "ExperimentalPrivateThreadPoolDataset",
    inputs: ["input_dataset: variant", "num_threads: int64"], outputs: ["handle: variant"],
    attributes: DatasetAttributes.elements)
}

/// ``DatasetCardinality`` under its first name.
enum ExperimentalDatasetCardinality: OpDeclaration {
  static let signature = OpSignature(
    "ExperimentalDatasetCardinality", inputs: ["input_dataset: variant"],
    outputs: ["cardinality: int64"])
  static let shapes = DatasetCardinality.shapes
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { DatasetCardinality.properties }
  static let kernels = DatasetCardinality.kernels
}

/// ``IteratorGetDevice`` under its first name.
enum ExperimentalIteratorGetDevice: OpDeclaration {
  static let signature = OpSignature(
    "ExperimentalIteratorGetDevice", inputs: ["resource: resource"], outputs: ["device: string"],
    isStateful: true)
  static let shapes = IteratorGetDevice.shapes
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { IteratorGetDevice.properties }
  static let kernels = IteratorGetDevice.kernels
}
