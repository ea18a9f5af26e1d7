import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

private let types: [(key: DType, values: Set<DType>)] = [
  (.string, [.bool, .double, .float, .int32, .int64]),
  (.int64, [.double, .float, .int32, .int64, .string, .variant]),
  (.int32, [.double, .float, .int32]),
]

private let make: TableMaker = { construction, _ in
  MutableTable(
    keyType: try construction.attributes.type("key_dtype").base,
    valueType: try construction.attributes.type("value_dtype").base)
}

private let sharing = [
  "container: string = \"\"", "shared_name: string = \"\"", "use_node_name_sharing: bool = false",
]

private let shapesOfScalars = ShapeFunction.tableHandle { _ in (.scalar, .scalar) }

/// A table that changes at any time; its handle is a reference to its name.
enum MutableHashTable: OpDeclaration {
  static let signature = OpSignature(
    "MutableHashTable", outputs: ["table_handle: Ref(string)"],
    attributes: sharing + ["key_dtype: type", "value_dtype: type"], isStateful: true)
  static let shapes = ShapeFunction.tableReference
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false, makesResource: true) }
  static let kernels = KernelTable.tables(types, make)
}

/// A table that changes at any time.
enum MutableHashTableV2: OpDeclaration {
  static let signature = OpSignature(
    "MutableHashTableV2", outputs: ["table_handle: resource"],
    attributes: sharing + ["key_dtype: type", "value_dtype: type"], isStateful: true)
  static let shapes = shapesOfScalars
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false, makesResource: true) }
  static let kernels = KernelTable.tables(types, make)
}

/// A table that changes at any time and lives as long as its handles.
enum AnonymousMutableHashTable: OpDeclaration {
  static let signature = OpSignature(
    "AnonymousMutableHashTable", outputs: ["table_handle: resource"],
    attributes: ["key_dtype: type", "value_dtype: type"], isStateful: true)
  static let shapes = shapesOfScalars
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.tables(types, isAnonymous: true, make)
}

// MARK: Values that are vectors

private let vectorTypes: [(key: DType, values: Set<DType>)] = [
  (.string, [.bool, .double, .float, .int32, .int64]),
  (.int64, [.double, .float, .int32, .int64, .string]),
  (.int32, [.double, .float, .int32]),
]

private let makeOfVectors: TableMaker = { construction, _ in
  let partial = try construction.attributes.shape("value_shape")
  guard let shape = partial.fullyDefined, shape.rank == 1 else {
    throw StatusError.invalidArgument("Default value must be a vector, got shape \(partial)")
  }
  return MutableTable(
    keyType: try construction.attributes.type("key_dtype").base,
    valueType: try construction.attributes.type("value_dtype").base, valueShape: shape)
}

private let vectorAttributes = [
  "key_dtype: type", "value_dtype: type", "value_shape: shape = []",
]

private let shapesOfVectors = ShapeFunction.tableHandle { context in
  (.scalar, try context.attributes.shape("value_shape"))
}

/// A table of vectors that changes at any time; its handle is a reference to its name.
enum MutableHashTableOfTensors: OpDeclaration {
  static let signature = OpSignature(
    "MutableHashTableOfTensors", outputs: ["table_handle: Ref(string)"],
    attributes: sharing + vectorAttributes, isStateful: true)
  static let shapes = ShapeFunction.tableReference
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false, makesResource: true) }
  static let kernels = KernelTable.tables(vectorTypes, makeOfVectors)
}

/// A table of vectors that changes at any time.
enum MutableHashTableOfTensorsV2: OpDeclaration {
  static let signature = OpSignature(
    "MutableHashTableOfTensorsV2", outputs: ["table_handle: resource"],
    attributes: sharing + vectorAttributes, isStateful: true)
  static let shapes = shapesOfVectors
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false, makesResource: true) }
  static let kernels = KernelTable.tables(vectorTypes, makeOfVectors)
}

/// A table of vectors that changes at any time and lives as long as its handles.
enum AnonymousMutableHashTableOfTensors: OpDeclaration {
  static let signature = OpSignature(
    "AnonymousMutableHashTableOfTensors", outputs: ["table_handle: resource"],
    attributes: vectorAttributes, isStateful: true)
  static let shapes = shapesOfVectors
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.tables(vectorTypes, isAnonymous: true, makeOfVectors)
}
