import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

private let types: [(key: DType, values: Set<DType>)] = [
  (.string, [.bool, .double, .float, .int32, .int64, .resource]),
  (.int64, [.bool, .double, .float, .int32, .int64, .variant]),
  (.int32, [.double, .float, .int32]),
]

private let make: TableMaker = { construction, context in
  guard context.inputCount > 1 else {
    // TensorFlow's kernel wants this key as well, which the first generation of the op has not.
    throw StatusError.invalidArgument("No input with name deleted_key")
  }
  let attributes = construction.attributes
  return try DenseTable(
    emptyKey: try context.input(0), deletedKey: try context.input(1),
    valueType: try attributes.type("value_dtype").base,
    valueShape: try attributes.shape("value_shape").fullyDefined ?? .scalar,
    bucketCount: try attributes.int("initial_num_buckets"),
    loadFactor: try attributes.float("max_load_factor"))
}

private let sharing = [
  "container: string = \"\"", "shared_name: string = \"\"", "use_node_name_sharing: bool = false",
]

private let attributes = [
  "key_dtype: type", "value_dtype: type", "value_shape: shape = []",
  "initial_num_buckets: int = 131072", "max_load_factor: float = 0.800000011920929",
]

private let denseShapes = ShapeFunction.tableHandle { context in
  (context.input(0), try context.attributes.shape("value_shape"))
}

/// A table of buckets; its handle is a reference to its name.
enum MutableDenseHashTable: OpDeclaration {
  static let signature = OpSignature(
    "MutableDenseHashTable", inputs: ["empty_key: key_dtype"],
    outputs: ["table_handle: Ref(string)"], attributes: sharing + attributes, isStateful: true)
  static let shapes = ShapeFunction.tableReference
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false, makesResource: true) }
  static let kernels = KernelTable.tables(types, make)
}

/// A table of buckets, which uses two keys to mark those that are empty or were emptied.
enum MutableDenseHashTableV2: OpDeclaration {
  static let signature = OpSignature(
    "MutableDenseHashTableV2", inputs: ["empty_key: key_dtype", "deleted_key: key_dtype"],
    outputs: ["table_handle: resource"], attributes: sharing + attributes, isStateful: true)
  static let shapes = denseShapes
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false, makesResource: true) }
  static let kernels = KernelTable.tables(types, make)
}

/// A table of buckets that lives as long as its handles.
enum AnonymousMutableDenseHashTable: OpDeclaration {
  static let signature = OpSignature(
    "AnonymousMutableDenseHashTable",
    inputs: ["empty_key: key_dtype", "deleted_key: key_dtype"],
    outputs: ["table_handle: resource"], attributes: attributes, isStateful: true)
  static let shapes = denseShapes
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.tables(types, isAnonymous: true, make)
}
