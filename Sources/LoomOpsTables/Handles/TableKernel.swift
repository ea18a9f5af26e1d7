import LoomCore
import LoomGraph
import LoomKernels
import Synchronization

/// What a table op makes: the storage of a new table.
typealias TableMaker =
  @Sendable (KernelConstruction, borrowing KernelContext) throws -> any TableStorage

/// Hands out the table of a node, which is made in the first run.
final class TableKernel: Kernel {
  private let construction: KernelConstruction
  private let keyType: DType
  private let valueType: DType
  /// `nil` for tables without a name: every run makes one of its own.
  private let source: TableSource?
  private let isReference: Bool
  private let make: TableMaker
  private let handle = Mutex<(table: LookupTable, tensor: AnyTensor)?>(nil)
  private let reference: VariableCell

  init(
    _ construction: KernelConstruction, isAnonymous: Bool, _ make: @escaping TableMaker
  ) throws(StatusError) {
    self.construction = construction
    keyType = try construction.attributes.type("key_dtype").base
    valueType = try construction.attributes.type("value_dtype").base
    source = isAnonymous ? nil : try TableSource(construction)
    isReference = construction.outputTypes.first?.isReference ?? false
    self.make = make
    reference = VariableCell(name: construction.nodeName, dtype: .string)
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    guard let source else {
      let table = try newTable(
        context, name: "_AnonymousTable\(context.resources.nextNumber())",
        container: context.resources.defaultContainer)
      return try context.setOutput(0, handle(of: table))
    }
    let table = try find(source, context)
    if isReference {
      if handle.withLock({ $0?.table !== table }) {
        let names = try AnyTensor(
          [ByteString(table.container), ByteString(table.name)], shape: Shape(vector: 2))
        try reference.assign(names)
        handle.withLock { $0 = (table, names) }
      }
      return try context.setReference(0, reference)
    }
    if let known = handle.withLock({ $0?.table === table ? $0?.tensor : nil }) {
      return try context.setOutput(0, known)
    }
    let tensor = try handle(of: table)
    handle.withLock { $0 = (table, tensor) }
    try context.setOutput(0, tensor)
  }

  private func find(
    _ source: TableSource, _ context: borrowing KernelContext
  ) throws(StatusError) -> LookupTable {
    try source.table(in: context.resources, keyType: keyType, valueType: valueType) {
      (name, container) throws(StatusError) in
      try newTable(context, name: name, container: container)
    }
  }

  private func newStorage(
    _ context: borrowing KernelContext
  ) throws(StatusError) -> any TableStorage {
    do { return try make(construction, context) } catch { throw StatusError.wrapping(error) }
  }

  private func newTable(
    _ context: borrowing KernelContext, name: String, container: String
  ) throws(StatusError) -> LookupTable {
    LookupTable(
      name: name, container: container, keyType: keyType, valueType: valueType,
      storage: try newStorage(context))
  }

  private func handle(of table: LookupTable) throws(StatusError) -> AnyTensor {
    try AnyTensor(
      scalar: ResourceHandle(
        device: construction.device, container: table.container, name: table.name,
        typeName: "N10tensorflow6lookup15LookupInterfaceE",
        components: [
          .init(dtype: keyType, shape: PartialShape(table.storage.keyShape)),
          .init(dtype: valueType, shape: PartialShape(table.storage.valueShape)),
        ], resource: table))
  }
}

extension KernelTable {
  /// Kernels of a table op for the given dtypes of values by the dtype of keys.
  static func tables(
    _ types: [(key: DType, values: Set<DType>)], isAnonymous: Bool = false,
    _ make: @escaping TableMaker
  ) -> KernelTable {
    var result: KernelTable?
    for (key, values) in types {
      let table = KernelTable(where: ["key_dtype": [key], "value_dtype": values]) {
        try TableKernel($0, isAnonymous: isAnonymous, make)
      }
      result = result?.or(table) ?? table
    }
    return result ?? .none
  }
}

extension ShapeFunction {
  /// Container and name of a table of the first generation.
  static let tableReference = ShapeFunction { context in context.setOutput(0, [2]) }

  /// The handle of a table whose keys and values have known shapes.
  static func tableHandle(
    _ shapes: @escaping @Sendable (ShapeContext) throws -> (key: PartialShape, value: PartialShape)
  ) -> ShapeFunction {
    ShapeFunction { context in
      context.setOutput(0, .scalar)
      let (key, value) = try shapes(context)
      if let rank = key.rank, rank > 1 {
        throw StatusError.invalidArgument("Shape must be at most rank 1 but is rank \(rank)")
      }
      context.setHandle(
        0,
        [
          .init(dtype: try context.attributes.type("key_dtype"), shape: key),
          .init(dtype: try context.attributes.type("value_dtype"), shape: value),
        ])
    }
  }
}
