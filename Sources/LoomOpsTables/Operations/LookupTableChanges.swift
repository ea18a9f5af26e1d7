import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

private let insert = KernelTable.closure { context in
  let table = try context.table(0)
  let (keys, values) = (try context.input(1), try context.input(2))
  try table.checkValues(keys, values)
  try table.storage.insert(keys, values)
}

private let replace = KernelTable.closure { context in
  let table = try context.table(0)
  let (keys, values) = (try context.input(1), try context.input(2))
  try table.checkTypes(keys, values)
  try table.storage.checkImport(keys, values, in: table)
  try table.storage.replaceAll(keys, values)
}

/// Gives keys values; those that are there get new ones.
enum LookupTableInsert: OpDeclaration {
  static let signature = OpSignature(
    "LookupTableInsert", inputs: ["table_handle: Ref(string)", "keys: Tin", "values: Tout"],
    attributes: ["Tin: type", "Tout: type"])
  static let shapes = ShapeFunction { context in try context.requireTable(0) }
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = insert
}

/// Gives keys values; those that are there get new ones.
enum LookupTableInsertV2: OpDeclaration {
  static let signature = OpSignature(
    "LookupTableInsertV2", inputs: ["table_handle: resource", "keys: Tin", "values: Tout"],
    attributes: ["Tin: type", "Tout: type"], isStateful: true)
  static let shapes = ShapeFunction { context in try context.requireRank(0, 0) }
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = insert
}

/// Forgets keys; those that are not there do not matter.
enum LookupTableRemoveV2: OpDeclaration {
  static let signature = OpSignature(
    "LookupTableRemoveV2", inputs: ["table_handle: resource", "keys: Tin"],
    attributes: ["Tin: type"], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    try context.requireRank(1, atLeast: 1)
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    let table = try context.table(0)
    let keys = try context.input(1)
    try table.checkKeys(keys)
    try table.storage.remove(keys)
  }
}

/// Replaces all entries of a table.
enum LookupTableImport: OpDeclaration {
  static let signature = OpSignature(
    "LookupTableImport", inputs: ["table_handle: Ref(string)", "keys: Tin", "values: Tout"],
    attributes: ["Tin: type", "Tout: type"])
  static let shapes = ShapeFunction { context in try context.requireTable(0) }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = replace
}

/// Replaces all entries of a table.
enum LookupTableImportV2: OpDeclaration {
  static let signature = OpSignature(
    "LookupTableImportV2", inputs: ["table_handle: resource", "keys: Tin", "values: Tout"],
    attributes: ["Tin: type", "Tout: type"], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    try context.requireRank(1, atLeast: 1)
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = replace
}
