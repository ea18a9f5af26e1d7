import LoomCore
import Synchronization

/// A table that is filled once and read from then on: TensorFlow's `HashTable`.
final class InitializableTable: TableStorage {
  private struct State {
    var index: KeyIndex
    var values: TableValues
    var isInitialized = false
  }

  private let state: Mutex<State>
  let keyShape = Shape.scalar
  let valueShape = Shape.scalar

  init(keyType: DType, valueType: DType) {
    state = Mutex(
      State(index: KeyIndex(dtype: keyType), values: TableValues(dtype: valueType, width: 1)))
  }

  var isInitialized: Bool { state.withLock { $0.isInitialized } }

  var count: Int { state.withLock { $0.isInitialized ? $0.index.count : 0 } }

  func find(
    _ keys: AnyTensor, default defaults: AnyTensor, shape: Shape, budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    // Nothing changes any more once it is initialised: readers share the entries without the lock.
    let (index, values, isInitialized) = state.withLock {
      ($0.index, $0.values, $0.isInitialized)
    }
    guard isInitialized else { throw .failedPrecondition("Table not initialized.") }
    let wanted = try TableKeys(keys, width: 1)
    let sources = (0..<wanted.count).map { row -> TableValues.Source in
      // Only the first default counts here, however many there are.
      index.row(of: wanted, row).map { .row($0) } ?? .default(0)
    }
    return try values.tensor(
      sources, defaults: TableValues(defaults, width: 1), shape: shape, budget: budget)
  }

  func insert(_ keys: AnyTensor, _ values: AnyTensor) throws(StatusError) {
    throw .unimplemented("Insert not supported by InitializableLookupTable implementations")
  }

  func remove(_ keys: AnyTensor) throws(StatusError) {
    throw .unimplemented("Remove not supported by InitializableLookupTable implementations")
  }

  func replaceAll(_ keys: AnyTensor, _ values: AnyTensor) throws(StatusError) {
    guard keys.elementCount > 0 else {
      throw .invalidArgument("keys and values cannot be empty tensors.")
    }
    try initialize(
      TableKeys(keys, width: 1), TableValues(values, width: 1), isRepeatable: false)
  }

  /// Fills the table.
  ///
  /// - Parameters:
  ///   - failure: what went wrong behind the last entry; the entries stay, the table is not
  ///     initialised.
  ///   - isRepeatable: whether a table that is initialised may be left as it is.
  /// - Throws: ``StatusError/Code/failedPrecondition`` if a key has two values, or the table has another
  ///   number of entries already.
  func initialize(
    _ keys: TableKeys, _ values: TableValues, failure: StatusError? = nil, isRepeatable: Bool
  ) throws(StatusError) {
    try state.withLock { (state) throws(StatusError) in
      if state.isInitialized {
        guard isRepeatable || keys.count == state.index.count else {
          throw .failedPrecondition("Table was already initialized with different data.")
        }
        return
      }
      for row in 0..<keys.count {
        let (place, isNew) = state.index.add(keys, row)
        if isNew {
          state.values.set(place, to: values, row)
        } else if !state.values.matches(place, values, row) {
          throw .failedPrecondition(
            "HashTable has different value for same key. Key \(keys.text(row)) has "
              + "\(state.values.text(place)) and trying to add value \(values.text(row))")
        }
      }
      if let failure { throw failure }
      state.isInitialized = true
    }
  }

  func export(budget: MemoryBudget) throws(StatusError) -> (keys: AnyTensor, values: AnyTensor) {
    let (index, values, isInitialized) = state.withLock {
      ($0.index, $0.values, $0.isInitialized)
    }
    guard isInitialized else { throw StatusError(.aborted, "HashTable is not initialized.") }
    let rows = index.rows
    let shape = Shape(vector: rows.count)
    return (
      try index.keys.tensor(rows: rows, shape: shape, budget: budget),
      try values.tensor(
        rows.map { .row($0) }, defaults: values, shape: shape, budget: budget)
    )
  }
}
