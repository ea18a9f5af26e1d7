import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

private let export = KernelTable { construction in
  let types = (try construction.outputType(0), try construction.outputType(1))
  return ClosureKernel { context in
    let table = try context.table(0)
    guard table.keyType == types.0, table.valueType == types.1 else {
      throw StatusError.invalidArgument(
        "Expected a table of \(types.0) -> \(types.1), got \(table.keyType) -> "
          + "\(table.valueType)")
    }
    let (keys, values) = try table.storage.export(budget: context.budget)
    try context.setOutput(0, keys)
    try context.setOutput(1, values)
  }
}

private let size = KernelTable.closure { context in
  try context.setScalar(0, Int64(try context.table(0).storage.count))
}

/// All keys and values of a table.
enum LookupTableExport: OpDeclaration {
  static let signature = OpSignature(
    "LookupTableExport", inputs: ["table_handle: Ref(string)"],
    outputs: ["keys: Tkeys", "values: Tvalues"], attributes: ["Tkeys: type", "Tvalues: type"])
  static let shapes = ShapeFunction { context in
    try context.requireTable(0)
    context.setOutput(0, [nil])
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = export
}

/// All keys and values of a table.
enum LookupTableExportV2: OpDeclaration {
  static let signature = OpSignature(
    "LookupTableExportV2", inputs: ["table_handle: resource"],
    outputs: ["keys: Tkeys", "values: Tvalues"], attributes: ["Tkeys: type", "Tvalues: type"],
    isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    _ = try context.tableTypes(keys: "Tkeys", values: "Tvalues")
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = export
}

/// The number of entries of a table.
enum LookupTableSize: OpDeclaration {
  static let signature = OpSignature(
    "LookupTableSize", inputs: ["table_handle: Ref(string)"], outputs: ["size: int64"])
  static let shapes = ShapeFunction { context in
    try context.requireTable(0)
    context.setOutput(0, .scalar)
  }
  static let gradient = GradientRule.notDifferentiable(because: "sizes are integers")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = size
}

/// The number of entries of a table.
enum LookupTableSizeV2: OpDeclaration {
  static let signature = OpSignature(
    "LookupTableSizeV2", inputs: ["table_handle: resource"], outputs: ["size: int64"],
    isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    context.setOutput(0, .scalar)
  }
  static let gradient = GradientRule.notDifferentiable(because: "sizes are integers")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = size
}
