import LoomCore
import LoomGraph
import LoomKernels

/// A dataset op that concerns how elements are made, which is ours to choose, not which they are.
protocol UnchangedDatasetOp: DatasetOp {}

extension UnchangedDatasetOp {
  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in try context.dataset(0) }
  }
}

/// The same dataset with options.
enum OptionsDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "OptionsDataset", inputs: ["input_dataset: variant"], outputs: ["handle: variant"],
    attributes: ["serialized_options: string"] + DatasetAttributes.described)
}

/// The same dataset, rewritten.
enum RewriteDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "RewriteDataset", inputs: ["input_dataset: variant", "rewrite_name: string"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements)
  static let scalarInputs = [1]
}

/// The same dataset with a model of its performance.
enum ModelDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "ModelDataset", inputs: ["input_dataset: variant"], outputs: ["handle: variant"],
    attributes: ["algorithm: int = 0", "cpu_budget: int = 0", "ram_budget: int = 0"]
      + DatasetAttributes.elements)
}

/// The same dataset, optimised.
enum OptimizeDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "OptimizeDataset", inputs: ["input_dataset: variant", "optimizations: string"],
    outputs: ["handle: variant"],
    attributes: [
      "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
      "optimization_configs: list(string) = []",
    ])
  static let vectorInputs = [1]
}

/// The same dataset, optimised.
enum OptimizeDatasetV2: UnchangedDatasetOp {
  static let signature = OpSignature(
    "OptimizeDatasetV2",
    inputs: [
      "input_dataset: variant", "optimizations_enabled: string", "optimizations_disabled: string",
      "optimizations_default: string",
    ], outputs: ["handle: variant"],
    attributes: [
      "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
      "optimization_configs: list(string) = []",
    ])
  static let vectorInputs = [1, 2, 3]
}

/// The same dataset with its options applied.
enum FinalizeDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "FinalizeDataset", inputs: ["input_dataset: variant"], outputs: ["handle: variant"],
    attributes: ["has_captured_ref: bool = false"] + DatasetAttributes.elements)
}

/// The same dataset, which need not be saved.
enum NonSerializableDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "NonSerializableDataset", inputs: ["input_dataset: variant"], outputs: ["handle: variant"],
    attributes: DatasetAttributes.elements)
}

/// The same dataset with a limit on threads inside of ops.
enum MaxIntraOpParallelismDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "MaxIntraOpParallelismDataset",
    inputs: ["input_dataset: variant", "max_intra_op_parallelism: int64"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements)
}

/// The same dataset with threads of its own.
enum PrivateThreadPoolDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "PrivateThreadPoolDataset", inputs: ["input_dataset: variant", "num_threads: int64"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements)
}

/// The same dataset with statistics of bytes.
enum BytesProducedStatsDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "BytesProducedStatsDataset", inputs: ["input_dataset: variant", "tag: string"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements)
  static let scalarInputs = [1]
}

/// The same dataset with statistics of times.
enum LatencyStatsDataset: UnchangedDatasetOp {
  static let signature = OpSignature(
    "LatencyStatsDataset", inputs: ["input_dataset: variant", "tag: string"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements)
  static let scalarInputs = [1]
}
