public import LoomCore
public import LoomGraph

/// A lookup table of a graph: its handle, and the operations on it.
public struct LookupTableOutput<Key: TensorScalar, Value: TensorScalar>: Sendable {
  /// The resource handle.
  public let handle: AnyOutput
  /// Fills the table; `nil` for tables that start empty.
  public let initializer: Operation?

  /// A table that an operation of the graph makes.
  ///
  /// - Parameter handle: a scalar of dtype `resource`.
  /// - Throws: ``StatusError/Code/invalidArgument`` for another dtype.
  public init(handle: AnyOutput, initializer: Operation? = nil) throws(StatusError) {
    guard handle.dtype == .resource else {
      throw .invalidArgument("Expected the handle of a table, got \(handle.dtype)")
    }
    self.handle = handle
    self.initializer = initializer
  }

  /// The values of `keys`, in the keys' shape; `defaultValue` where a key is missing.
  ///
  /// A run fails with ``StatusError/Code/failedPrecondition`` while the table is not initialised.
  ///
  /// - SeeAlso: TensorFlow op `LookupTableFindV2`.
  public func find(
    _ keys: Output<Key>, default defaultValue: Output<Value>, name: String? = nil
  ) throws(StatusError) -> Output<Value> {
    try Output(
      handle.graph.addOperation(
        "LookupTableFindV2", inputs: [handle, keys.erased, defaultValue.erased], name: name
      ).output(0))
  }

  /// The values of `keys`, in the keys' shape; `defaultValue` where a key is missing.
  ///
  /// - SeeAlso: TensorFlow op `LookupTableFindV2`.
  public func find(
    _ keys: Output<Key>, default defaultValue: Value, name: String? = nil
  ) throws(StatusError) -> Output<Value> {
    try find(
      keys, default: Output(tableConstant(AnyTensor(scalar: defaultValue), in: handle.graph)),
      name: name)
  }

  /// An operation that gives keys values; keys that are there get new ones. For mutable tables.
  ///
  /// - SeeAlso: TensorFlow op `LookupTableInsertV2`.
  public func insert(
    _ keys: Output<Key>, _ values: Output<Value>, name: String? = nil
  ) throws(StatusError) -> Operation {
    try handle.graph.addOperation(
      "LookupTableInsertV2", inputs: [handle, keys.erased, values.erased], name: name)
  }

  /// An operation that forgets keys. For mutable tables.
  ///
  /// - SeeAlso: TensorFlow op `LookupTableRemoveV2`.
  public func remove(_ keys: Output<Key>, name: String? = nil) throws(StatusError) -> Operation {
    try handle.graph.addOperation(
      "LookupTableRemoveV2", inputs: [handle, keys.erased], name: name)
  }

  /// The number of entries.
  ///
  /// - SeeAlso: TensorFlow op `LookupTableSizeV2`.
  public func count(name: String? = nil) throws(StatusError) -> Output<Int64> {
    try Output(
      handle.graph.addOperation("LookupTableSizeV2", inputs: [handle], name: name).output(0))
  }

  /// All keys and values.
  ///
  /// - SeeAlso: TensorFlow op `LookupTableExportV2`.
  public func export(
    name: String? = nil
  ) throws(StatusError) -> (keys: Output<Key>, values: Output<Value>) {
    let operation = try handle.graph.addOperation(
      "LookupTableExportV2", inputs: [handle],
      attributes: ["Tkeys": .type(Key.dtype), "Tvalues": .type(Value.dtype)], name: name)
    return (try Output(operation.output(0)), try Output(operation.output(1)))
  }
}

/// A constant of a graph; its builder stands in another family.
private func tableConstant(
  _ value: AnyTensor, in graph: Graph
) throws(StatusError) -> AnyOutput {
  try graph.addOperation(
    "Const", attributes: ["value": .tensor(value), "dtype": .type(value.dtype)]
  ).output(0)
}

extension Graph {
  /// Fills all tables whose initializers stand in the collection `table_initializer`.
  ///
  /// - SeeAlso: TensorFlow's `tables_initializer`.
  public var tablesInitializer: Operation {
    get throws(StatusError) {
      let initializers = collection(CollectionKey.tableInitializers, of: Operation.self)
      return try withoutControlDependencies { () throws(StatusError) in
        try addOperation("NoOp", name: "init_all_tables", controlInputs: initializers)
      }
    }
  }

  /// A table of fixed entries. Its initializer joins the collection `table_initializer`.
  ///
  /// - Parameter sharedName: the name under which other nodes and sessions of a server find it.
  /// - Throws: ``StatusError/Code/invalidArgument`` if there are not as many values as keys.
  /// - SeeAlso: TensorFlow ops `HashTableV2` and `InitializeTableV2`.
  public func lookupTable<Key: TensorScalar, Value: TensorScalar>(
    keys: [Key], values: [Value], sharedName: String = "", name: String? = nil
  ) throws(StatusError) -> LookupTableOutput<Key, Value> {
    guard keys.count == values.count else {
      throw .invalidArgument("Expected \(keys.count) values, one for each key, got \(values.count)")
    }
    let shape = Shape(vector: keys.count)
    let handle = try tableHandle(Key.self, Value.self, "HashTableV2", sharedName, name)
    let initializer = try addOperation(
      "InitializeTableV2",
      inputs: [
        handle, tableConstant(AnyTensor(keys, shape: shape), in: self),
        tableConstant(AnyTensor(values, shape: shape), in: self),
      ])
    try addToCollections([CollectionKey.tableInitializers], initializer)
    return try LookupTableOutput(handle: handle, initializer: initializer)
  }

  /// A table from the lines of a file to their numbers, beginning with 0. Its initializer joins the
  /// collection `table_initializer`.
  ///
  /// - Parameter count: how many lines are read, which must be there; all if it is `nil`.
  /// - SeeAlso: TensorFlow ops `HashTableV2` and `InitializeTableFromTextFileV2`.
  public func vocabularyTable(
    contentsOf path: String, count: Int? = nil, name: String? = nil
  ) throws(StatusError) -> LookupTableOutput<ByteString, Int64> {
    let file = try tableConstant(AnyTensor(scalar: ByteString(path)), in: self)
    // The name tells the file, so that tables of one file share their entries.
    let handle = try tableHandle(
      ByteString.self, Int64.self, "HashTableV2", "hash_table_\(path)_\(count ?? -1)_-2_-1", name)
    let initializer = try addOperation(
      "InitializeTableFromTextFileV2", inputs: [handle, file],
      attributes: [
        "key_index": -2, "value_index": -1, "vocab_size": .int(Int64(count ?? -1)),
      ])
    try addToCollections([CollectionKey.tableInitializers], initializer)
    return try LookupTableOutput(handle: handle, initializer: initializer)
  }

  /// A table that starts empty and changes at any time.
  ///
  /// - SeeAlso: TensorFlow op `MutableHashTableV2`.
  public func mutableLookupTable<Key: TensorScalar, Value: TensorScalar>(
    _ key: Key.Type, _ value: Value.Type, sharedName: String = "", name: String? = nil
  ) throws(StatusError) -> LookupTableOutput<Key, Value> {
    try LookupTableOutput(
      handle: tableHandle(key, value, "MutableHashTableV2", sharedName, name))
  }

  private func tableHandle<Key: TensorScalar, Value: TensorScalar>(
    _ key: Key.Type, _ value: Value.Type, _ op: String, _ sharedName: String, _ name: String?
  ) throws(StatusError) -> AnyOutput {
    try addOperation(
      op,
      attributes: [
        "key_dtype": .type(Key.dtype), "value_dtype": .type(Value.dtype),
        "shared_name": .string(ByteString(sharedName)),
      ], name: name
    ).output(0)
  }
}
