import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// A dataset in a wrapping that lets it pass where datasets may not.
enum WrapDatasetVariant: OpDeclaration {
  static let signature = OpSignature(
    "WrapDatasetVariant", inputs: ["input_handle: variant"], outputs: ["output_handle: variant"])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    let dataset = try context.dataset(0)
    try context.setOutput(0, AnyTensor(scalar: Variant(WrappedDataset(dataset: dataset))))
  }
}

/// The dataset in a wrapping.
enum UnwrapDatasetVariant: OpDeclaration {
  static let signature = OpSignature(
    "UnwrapDatasetVariant", inputs: ["input_handle: variant"], outputs: ["output_handle: variant"])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    let tensor = try context.input(0)
    guard tensor.shape.isScalar,
      let wrapped = try tensor.element(0, of: Variant.self).value as? WrappedDataset
    else {
      throw StatusError.invalidArgument(
        "Tensor must be a WrappedDataset variant object.")
    }
    try context.setOutput(0, AnyTensor(dataset: wrapped.dataset))
  }
}

private struct WrappedDataset: VariantValue {
  let dataset: any DatasetValue
  var typeName: String { "tensorflow::WrappedDatasetVariant" }
}

/// The number of elements of a dataset: -1 if it never ends, -2 if nobody knows.
enum DatasetCardinality: OpDeclaration {
  static let signature = OpSignature(
    "DatasetCardinality", inputs: ["input_dataset: variant"], outputs: ["cardinality: int64"],
    attributes: ["cardinality_options: string = \"\""])
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    context.setOutput(0, .scalar)
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    try context.setScalar(0, context.dataset(0).cardinality.number)
  }
}
