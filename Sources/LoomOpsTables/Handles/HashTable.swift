import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

private let types: [(key: DType, values: Set<DType>)] = [
  (.string, [.bool, .double, .float, .int32, .int64, .string]),
  (.int64, [.double, .float, .int32, .int64, .string]),
  (.int32, [.double, .float, .int32, .string]),
]

private let make: TableMaker = { construction, _ in
  InitializableTable(
    keyType: try construction.attributes.type("key_dtype").base,
    valueType: try construction.attributes.type("value_dtype").base)
}

private let sharing = [
  "container: string = \"\"", "shared_name: string = \"\"", "use_node_name_sharing: bool = false",
]

/// A table that is filled once; its handle is a reference to its name.
enum HashTable: OpDeclaration {
  static let signature = OpSignature(
    "HashTable", outputs: ["table_handle: Ref(string)"],
    attributes: sharing + ["key_dtype: type", "value_dtype: type"], isStateful: true)
  static let shapes = ShapeFunction.tableReference
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false, makesResource: true) }
  static let kernels = KernelTable.tables(types, make)
}

/// A table that is filled once.
enum HashTableV2: OpDeclaration {
  static let signature = OpSignature(
    "HashTableV2", outputs: ["table_handle: resource"],
    attributes: sharing + ["key_dtype: type", "value_dtype: type"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false, makesResource: true) }
  static let kernels = KernelTable.tables(types, make)
}

/// A table that is filled once and lives as long as its handles.
enum AnonymousHashTable: OpDeclaration {
  static let signature = OpSignature(
    "AnonymousHashTable", outputs: ["table_handle: resource"],
    attributes: ["key_dtype: type", "value_dtype: type"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.tables(types, isAnonymous: true, make)
}
