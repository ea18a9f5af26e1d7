import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

private let initialize = KernelTable.closure { context in
  let table = try context.table(0)
  let storage = try table.initializable()
  let (keys, values) = (try context.input(1), try context.input(2))
  try table.checkTypes(keys, values)
  guard keys.shape.rank == 1 else {
    throw StatusError.invalidArgument("Keys must be a vector, but received shape\(keys.shape)")
  }
  guard values.shape.rank == 1 else {
    throw StatusError.invalidArgument("Values must be a vector, but received shape\(values.shape)")
  }
  guard keys.elementCount == values.elementCount else {
    throw StatusError.invalidArgument(
      "Keys and values must have the same size \(keys.elementCount) vs \(values.elementCount)")
  }
  try storage.replaceAll(keys, values)
}

/// Fills a table, which is read-only from then on.
enum InitializeTable: OpDeclaration {
  static let signature = OpSignature(
    "InitializeTable", inputs: ["table_handle: Ref(string)", "keys: Tkey", "values: Tval"],
    attributes: ["Tkey: type", "Tval: type"])
  static let shapes = ShapeFunction { context in
    try context.requireTable(0)
    _ = try context.requireRank(1, 1).merged(with: context.input(2))
  }
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = initialize
}

/// Fills a table, which is read-only from then on.
enum InitializeTableV2: OpDeclaration {
  static let signature = OpSignature(
    "InitializeTableV2", inputs: ["table_handle: resource", "keys: Tkey", "values: Tval"],
    attributes: ["Tkey: type", "Tval: type"], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    _ = try context.requireRank(1, 1).merged(with: context.input(2))
  }
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = initialize
}
