import LoomCore
import Synchronization

/// A table that changes at any time: TensorFlow's `MutableHashTable` and `MutableHashTableOfTensors`.
final class MutableTable: TableStorage {
  private struct State {
    var index: KeyIndex
    var values: TableValues
  }

  private let state: Mutex<State>
  let keyShape = Shape.scalar
  let valueShape: Shape

  init(keyType: DType, valueType: DType, valueShape: Shape = .scalar) {
    self.valueShape = valueShape
    state = Mutex(
      State(
        index: KeyIndex(dtype: keyType),
        values: TableValues(dtype: valueType, width: valueShape.elementCount)))
  }

  var count: Int { state.withLock { $0.index.count } }

  func find(
    _ keys: AnyTensor, default defaults: AnyTensor, shape: Shape, budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    let wanted = try TableKeys(keys, width: 1)
    let defaults = try TableValues(defaults, width: valueShape.elementCount)
    let isOnePerKey = defaults.count == wanted.count
    return try state.withLock { (state) throws(StatusError) -> AnyTensor in
      let sources = (0..<wanted.count).map { row -> TableValues.Source in
        state.index.row(of: wanted, row).map { .row($0) } ?? .default(isOnePerKey ? row : 0)
      }
      return try state.values.tensor(sources, defaults: defaults, shape: shape, budget: budget)
    }
  }

  func insert(_ keys: AnyTensor, _ values: AnyTensor) throws(StatusError) {
    try add(keys, values, isFresh: false)
  }

  func replaceAll(_ keys: AnyTensor, _ values: AnyTensor) throws(StatusError) {
    try add(keys, values, isFresh: true)
  }

  private func add(
    _ keys: AnyTensor, _ values: AnyTensor, isFresh: Bool
  ) throws(StatusError) {
    let keys = try TableKeys(keys, width: 1)
    let values = try TableValues(values, width: valueShape.elementCount)
    state.withLock { state in
      if isFresh {
        state.index.removeAll()
        state.values = TableValues(dtype: values.dtype, width: values.width)
      }
      for row in 0..<keys.count {
        state.values.set(state.index.add(keys, row).row, to: values, row)
      }
    }
  }

  func remove(_ keys: AnyTensor) throws(StatusError) {
    let keys = try TableKeys(keys, width: 1)
    state.withLock { state in
      for row in 0..<keys.count { _ = state.index.remove(keys, row) }
    }
  }

  func export(budget: MemoryBudget) throws(StatusError) -> (keys: AnyTensor, values: AnyTensor) {
    let valueShape = valueShape
    return try state.withLock { (state) throws(StatusError) in
      let rows = state.index.rows
      return (
        try state.index.keys.tensor(
          rows: rows, shape: Shape(vector: rows.count), budget: budget),
        try state.values.tensor(
          rows.map { .row($0) }, defaults: state.values,
          shape: Shape([rows.count] + valueShape.sizes), budget: budget)
      )
    }
  }
}
