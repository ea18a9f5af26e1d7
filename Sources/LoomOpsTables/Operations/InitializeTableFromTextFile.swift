import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

private let attributes = [
  "key_index: int >= -2", "value_index: int >= -2", "vocab_size: int >= -1 = -1",
  "delimiter: string = \"\t\"", "offset: int = 0",
]

private let initialize = KernelTable { construction in
  let format = try VocabularyFormat(construction.attributes)
  return ClosureKernel { context in
    let table = try context.table(0)
    let storage = try table.initializable()
    let name = try context.input(1)
    guard name.shape.isScalar else {
      throw StatusError.invalidArgument(
        "filename should be a single string, but got \(name.shape)")
    }
    let path = try name.element(0, of: ByteString.self).string
    guard !path.isEmpty else { throw StatusError.invalidArgument("filename cannot be empty.") }
    try format.check(keyType: table.keyType, valueType: table.valueType)
    let entries = try format.entries(
      of: path, keyType: table.keyType, valueType: table.valueType,
      cancellation: context.services.cancellation)
    // The file tells which table it is: one that is filled already is left alone.
    try storage.initialize(
      entries.keys, entries.values, failure: entries.failure, isRepeatable: true)
  }
}

/// Fills a table from the lines of a file.
enum InitializeTableFromTextFile: OpDeclaration {
  static let signature = OpSignature(
    "InitializeTableFromTextFile", inputs: ["table_handle: Ref(string)", "filename: string"],
    attributes: attributes)
  static let shapes = ShapeFunction { context in
    try context.requireTable(0)
    try context.requireRank(1, 0)
  }
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = initialize
}

/// Fills a table from the lines of a file.
enum InitializeTableFromTextFileV2: OpDeclaration {
  static let signature = OpSignature(
    "InitializeTableFromTextFileV2", inputs: ["table_handle: resource", "filename: string"],
    attributes: attributes, isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    try context.requireRank(1, 0)
  }
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = initialize
}
