import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

private let find = KernelTable.closure { context in
  let table = try context.table(0)
  try context.setOutput(
    0,
    try table.find(
      try context.input(1), default: try context.input(2), budget: context.budget))
}

/// The values of keys; a default where a key is missing.
enum LookupTableFind: OpDeclaration {
  static let signature = OpSignature(
    "LookupTableFind",
    inputs: ["table_handle: Ref(string)", "keys: Tin", "default_value: Tout"],
    outputs: ["values: Tout"], attributes: ["Tin: type", "Tout: type"])
  static let shapes = ShapeFunction { context in
    try context.requireTable(0)
    try context.requireRank(2, atMost: 1)
  }
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = find
}

/// The values of keys; a default where a key is missing.
enum LookupTableFindV2: OpDeclaration {
  static let signature = OpSignature(
    "LookupTableFindV2", inputs: ["table_handle: resource", "keys: Tin", "default_value: Tout"],
    outputs: ["values: Tout"], attributes: ["Tin: type", "Tout: type"], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    guard let (key, value) = try context.tableTypes(keys: "Tin", values: "Tout") else { return }
    guard let own = key.sizes, let sizes = context.input(1).sizes else { return }
    guard sizes.count >= own.count else {
      throw StatusError.invalidArgument(
        "Expected keys to have suffix \(key) but saw shape: \(context.input(1))")
    }
    let prefix = PartialShape(Array(sizes.dropLast(own.count)))
    context.setOutput(0, prefix.concatenated(with: value))
  }
  static let gradient = GradientRule.notDifferentiable(because: "tables are discrete")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = find
}

extension ShapeContext {
  /// Refuses what cannot be a reference to a table: container and name.
  func requireTable(_ index: Int) throws(StatusError) {
    let shape = try requireRank(index, 1)
    if let size = shape[0], size != 2 {
      throw .invalidArgument("Dimension must be 2 but is \(size)")
    }
  }

  /// The shapes of one key and one value, if the handle of input 0 tells.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the attributes name other dtypes than the handle.
  func tableTypes(
    keys: String, values: String
  ) throws(StatusError) -> (key: PartialShape, value: PartialShape)? {
    guard let parts = handle(0), parts.count == 2 else { return nil }
    for (part, name) in zip(parts, [keys, values]) {
      let dtype = try attributes.type(name)
      guard part.dtype == dtype else {
        throw .invalidArgument(
          "Trying to read value with wrong dtype. Expected \(part.dtype) got \(dtype)")
      }
    }
    return (parts[0].shape, parts[1].shape)
  }
}
