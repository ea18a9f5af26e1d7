import LoomCore
import Synchronization

/// A table of buckets that hold one entry each: TensorFlow's `MutableDenseHashTable`.
///
/// Only buckets that are not empty take memory here; which bucket a key gets, and what an export shows,
/// follow TensorFlow's quadratic probing.
final class DenseTable: TableStorage {
  private struct State {
    var bucketCount: Int
    var entryCount = 0
    /// The rows of the buckets that are not empty.
    var rows: [Int: Int] = [:]
    var keys: TableKeys
    var values: TableValues
  }

  let keyShape: Shape
  let valueShape: Shape
  private let keyType: DType
  private let valueType: DType
  private let empty: TableKeys
  private let deleted: TableKeys
  private let loadFactor: Double
  private let state: Mutex<State>

  /// - Throws: ``StatusError/Code/invalidArgument`` for shapes, bucket counts and load factors that such
  ///   a table cannot have, and if both keys are equal.
  init(
    emptyKey: AnyTensor, deletedKey: AnyTensor, valueType: DType, valueShape: Shape,
    bucketCount: Int, loadFactor: Float
  ) throws(StatusError) {
    guard loadFactor > 0, loadFactor < 1 else {
      throw .invalidArgument("max_load_factor must be between 0 and 1, got: \(loadFactor)")
    }
    guard valueShape.rank <= 1 else {
      throw .invalidArgument("Empty value must be a scalar or a vector, got shape \(valueShape)")
    }
    guard emptyKey.shape.rank <= 1 else {
      throw .invalidArgument("Empty key must be a scalar or a vector, got shape \(emptyKey.shape)")
    }
    guard emptyKey.shape == deletedKey.shape else {
      throw .invalidArgument(
        "Empty and deleted keys must have same shape, got shapes: \(emptyKey.shape) and "
          + "\(deletedKey.shape)")
    }
    guard bucketCount >= 4, bucketCount & (bucketCount - 1) == 0 else {
      throw .invalidArgument(
        "Number of buckets must be at least 4 and a power of 2, got: \(bucketCount)")
    }
    let width = emptyKey.shape.elementCount
    guard width > 0 else {
      throw .invalidArgument(
        "Empty key must have at least one element, got shape \(emptyKey.shape)")
    }
    empty = try TableKeys(emptyKey, width: width)
    deleted = try TableKeys(deletedKey, width: width)
    guard !empty.matches(0, deleted, 0) else {
      throw .invalidArgument("Empty and deleted keys cannot be equal")
    }
    keyShape = emptyKey.shape
    keyType = emptyKey.dtype
    self.valueShape = valueShape
    self.valueType = valueType
    self.loadFactor = Double(loadFactor)
    state = Mutex(
      State(
        bucketCount: bucketCount, keys: TableKeys(dtype: emptyKey.dtype, width: width),
        values: TableValues(dtype: valueType, width: valueShape.elementCount)))
  }

  var count: Int { state.withLock { $0.entryCount } }

  /// The keys as rows. The first dimension counts them; a single key of a scalar table may be a scalar.
  private func keyRows(_ keys: AnyTensor) throws(StatusError) -> TableKeys {
    let rows = keys.shape.isScalar ? 1 : keys.shape[0]
    guard Checked.multiply(rows, keyShape.elementCount) == keys.elementCount else {
      throw .invalidArgument(
        "Expected \(rows) keys of shape \(keyShape), got shape \(keys.shape)")
    }
    return try TableKeys(keys, width: keyShape.elementCount)
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` for the keys that mark buckets.
  private func checkNotReserved(_ keys: TableKeys, _ row: Int) throws(StatusError) {
    if empty.matches(0, keys, row) {
      throw .invalidArgument("Using the empty_key as a table key is not allowed")
    }
    if deleted.matches(0, keys, row) {
      throw .invalidArgument("Using the deleted_key as a table key is not allowed")
    }
  }

  /// What a walk through the buckets of a key ends at.
  private enum Place {
    /// The bucket that holds the key.
    case found(row: Int)
    /// A bucket that is empty.
    case empty(bucket: Int)
    /// A bucket whose key was removed.
    case deleted(row: Int)
  }

  private func walk(
    _ state: State, _ keys: TableKeys, _ row: Int, stopsAtDeleted: Bool
  ) throws(StatusError) -> Place {
    let mask = state.bucketCount - 1
    var bucket = Int(truncatingIfNeeded: keys.hash(row)) & mask
    var probes = 0
    while true {
      guard let held = state.rows[bucket] else { return .empty(bucket: bucket) }
      if state.keys.matches(held, keys, row) { return .found(row: held) }
      if stopsAtDeleted, state.keys.matches(held, deleted, 0) { return .deleted(row: held) }
      probes += 1
      bucket = (bucket &+ probes) & mask
      guard probes < state.bucketCount else {
        throw .internal("Internal error in MutableDenseHashTable lookup")
      }
    }
  }

  func find(
    _ keys: AnyTensor, default defaults: AnyTensor, shape: Shape, budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    let wanted = try keyRows(keys)
    let defaults = try TableValues(defaults, width: valueShape.elementCount)
    let isOnePerKey = defaults.count == wanted.count
    return try state.withLock { (state) throws(StatusError) -> AnyTensor in
      var sources: [TableValues.Source] = []
      sources.reserveCapacity(wanted.count)
      for row in 0..<wanted.count {
        try checkNotReserved(wanted, row)
        switch try walk(state, wanted, row, stopsAtDeleted: false) {
        case .found(let held): sources.append(.row(held))
        default: sources.append(.default(isOnePerKey ? row : 0))
        }
      }
      return try state.values.tensor(sources, defaults: defaults, shape: shape, budget: budget)
    }
  }

  func insert(_ keys: AnyTensor, _ values: AnyTensor) throws(StatusError) {
    let keys = try keyRows(keys)
    let values = try TableValues(values, width: valueShape.elementCount)
    try state.withLock { (state) throws(StatusError) in
      // Every key counts as a new one here.
      let pending = state.entryCount + keys.count
      var bucketCount = state.bucketCount
      while Double(pending) > Double(bucketCount) * loadFactor { bucketCount *= 2 }
      if bucketCount != state.bucketCount { try rebucket(&state, bucketCount) }
      for row in 0..<keys.count {
        try checkNotReserved(keys, row)
        try put(&state, keys, row, values, row)
      }
    }
  }

  private func put(
    _ state: inout State, _ keys: TableKeys, _ row: Int, _ values: TableValues, _ valueRow: Int
  ) throws(StatusError) {
    switch try walk(state, keys, row, stopsAtDeleted: true) {
    case .found(let held): state.values.replace(held, with: values, valueRow)
    case .deleted(let held):
      state.keys.replace(held, with: keys, row)
      state.values.replace(held, with: values, valueRow)
      state.entryCount += 1
    case .empty(let bucket):
      state.rows[bucket] = state.keys.count
      state.keys.append(keys, row)
      state.values.append(values, valueRow)
      state.entryCount += 1
    }
  }

  /// Spreads the entries over more buckets, in the order of the old ones; removed keys are dropped.
  private func rebucket(_ state: inout State, _ bucketCount: Int) throws(StatusError) {
    let old = state
    state = State(
      bucketCount: bucketCount, keys: TableKeys(dtype: keyType, width: old.keys.width),
      values: TableValues(dtype: valueType, width: old.values.width))
    for bucket in old.rows.keys.sorted() {
      guard let row = old.rows[bucket], !old.keys.matches(row, deleted, 0) else { continue }
      try put(&state, old.keys, row, old.values, row)
    }
  }

  func remove(_ keys: AnyTensor) throws(StatusError) {
    let keys = try keyRows(keys)
    try state.withLock { (state) throws(StatusError) in
      for row in 0..<keys.count {
        try checkNotReserved(keys, row)
        guard case .found(let held) = try walk(state, keys, row, stopsAtDeleted: false) else {
          continue
        }
        state.keys.replace(held, with: deleted, 0)
        state.entryCount -= 1
      }
    }
  }

  /// Buckets are exchanged as matrices, even where keys and values are scalars.
  func checkImport(
    _ keys: AnyTensor, _ values: AnyTensor, in table: LookupTable
  ) throws(StatusError) {
    try table.checkTypes(keys, values)
    let keyWidth = keyShape.elementCount
    guard keys.shape.rank == 2, keys.shape[1] == keyWidth else {
      throw .invalidArgument(
        "Expected shape [?,\(keyWidth)] for key, got \(keys.shape)")
    }
    let expected = try Shape([keys.shape[0], valueShape.elementCount])
    guard values.shape == expected else {
      throw .invalidArgument("Expected shape \(expected) for value, got \(values.shape)")
    }
    guard keys.shape[0] > 0 else {
      throw .invalidArgument("Expected at least one bucket, got none")
    }
  }

  func replaceAll(_ keys: AnyTensor, _ values: AnyTensor) throws(StatusError) {
    let keys = try TableKeys(keys, width: keyShape.elementCount)
    let values = try TableValues(values, width: valueShape.elementCount)
    state.withLock { state in
      state = State(
        bucketCount: keys.count, keys: TableKeys(dtype: keyType, width: keys.width),
        values: TableValues(dtype: valueType, width: values.width))
      for bucket in 0..<keys.count where !empty.matches(0, keys, bucket) {
        state.rows[bucket] = state.keys.count
        state.keys.append(keys, bucket)
        state.values.append(values, bucket)
        if !deleted.matches(0, keys, bucket) { state.entryCount += 1 }
      }
    }
  }

  func export(budget: MemoryBudget) throws(StatusError) -> (keys: AnyTensor, values: AnyTensor) {
    let state = state.withLock { $0 }
    // Asked for first, because bucket counts come from outside.
    let keyShape = try Shape([state.bucketCount, state.keys.width])
    let valueShape = try Shape([state.bucketCount, valueShape.elementCount])
    _ = try AnyTensor.uninitialized(dtype: keyType, shape: keyShape, budget: budget)
    _ = try AnyTensor.uninitialized(dtype: valueType, shape: valueShape, budget: budget)
    // One row more than there are stands for an empty bucket.
    var keys = state.keys
    keys.append(empty, 0)
    let emptyRow = keys.count - 1
    return (
      try keys.tensor(
        rows: (0..<state.bucketCount).map { state.rows[$0] ?? emptyRow }, shape: keyShape,
        budget: budget),
      try state.values.tensor(
        (0..<state.bucketCount).map { state.rows[$0].map { .row($0) } ?? .nothing },
        defaults: state.values, shape: valueShape, budget: budget)
    )
  }
}
