import LoomCore
import LoomFormats
import LoomKernels

/// Reads features out of examples, column by column.
///
/// Examples are added one after the other; then each kind of feature gives its tensors.
struct ExampleParser {
  let layout: FeatureLayout
  /// Whether there is one example only, whose tensors have no dimension for examples.
  let isLone: Bool
  private let defaults: [AnyTensor]
  private let budget: MemoryBudget

  private struct Column {
    var values: FeatureColumn
    /// The number of values in each example.
    var counts: [Int] = []

    init(_ dtype: DType) { values = FeatureColumn(dtype) }

    mutating func append(_ found: FeatureValues?) {
      if let found { values.append(found) }
      counts.append(found?.count ?? 0)
    }
  }

  private var dense: [Column]
  private var sparse: [Column]
  private var ragged: [Column]
  private var count = 0

  /// - Throws: ``StatusError/Code/invalidArgument`` if defaults do not fit their features.
  init(
    _ layout: FeatureLayout, defaults: [AnyTensor], isLone: Bool, budget: MemoryBudget
  ) throws(StatusError) {
    try layout.check(defaults: defaults)
    self.layout = layout
    self.defaults = defaults
    self.isLone = isLone
    self.budget = budget
    dense = layout.dense.map { Column($0.dtype) }
    sparse = layout.sparse.map { Column($0.dtype) }
    ragged = layout.ragged.map { Column($0.dtype) }
  }

  /// Adds an example in wire format.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if it is none, or lacks a feature that has no
  ///   default.
  mutating func add(example: ByteString, name: ByteString?) throws(StatusError) {
    let features: FeatureMap
    do throws(StatusError) { features = try ExampleMessage.features(example.bytes) } catch {
      throw .invalidArgument(
        "\(ExampleName(name))Could not parse example input, value: '\(example)'")
    }
    try add(features, name: name)
  }

  mutating func add(_ features: FeatureMap, name: ByteString?) throws(StatusError) {
    let example = ExampleName(name)
    for (index, feature) in layout.dense.enumerated() {
      try addDense(index, features.values(feature.name, feature.dtype, in: example), example)
    }
    for (index, feature) in layout.sparse.enumerated() {
      sparse[index].append(try features.values(feature.name, feature.dtype, in: example))
    }
    for (index, feature) in layout.ragged.enumerated() {
      ragged[index].append(try features.values(feature.name, feature.dtype, in: example))
    }
    count += 1
  }

  private mutating func addDense(
    _ index: Int, _ found: FeatureValues?, _ example: ExampleName
  ) throws(StatusError) {
    let feature = layout.dense[index]
    if feature.isVariable {
      let count = found?.count ?? 0
      guard feature.stride > 0 ? count % feature.stride == 0 : count == 0 else {
        throw .invalidArgument(
          "\(example)Key: \(feature.name).  Number of \(feature.dtype) values is not a multiple of "
            + "stride length. Saw \(count) values but output shape is: \(feature.shape)")
      }
      dense[index].append(found)
      return
    }
    guard let found else {
      guard defaults[index].elementCount > 0 || feature.stride == 0 else {
        throw .invalidArgument(
          "\(example)Feature: \(feature.name) (data type: \(feature.dtype)) is required but could "
            + "not be found.")
      }
      return try dense[index].values.append(defaults[index])
    }
    guard found.count == feature.stride else {
      throw .invalidArgument(
        "\(example)Key: \(feature.name).  Number of \(feature.dtype) values != expected.  "
          + "values size: \(found.count) but output shape: \(feature.shape)")
    }
    dense[index].values.append(found)
  }

  /// Indices, values and shapes of the sparse features.
  func sparseTensors() throws(StatusError) -> (
    indices: [AnyTensor], values: [AnyTensor], shapes: [AnyTensor]
  ) {
    var result: ([AnyTensor], [AnyTensor], [AnyTensor]) = ([], [], [])
    for column in sparse {
      let layout = try SparseRows.layout(column.counts, isLone: isLone, budget)
      result.0.append(layout.indices)
      result.1.append(try column.values.vector(budget))
      result.2.append(layout.shape)
    }
    return result
  }

  func denseTensors() throws(StatusError) -> [AnyTensor] {
    var result: [AnyTensor] = []
    for (index, column) in dense.enumerated() {
      let feature = layout.dense[index]
      let batch = isLone ? [] : [count]
      guard feature.isVariable else {
        result.append(
          try column.values.tensor(Shape(batch + feature.inner.sizes), budget))
        continue
      }
      let width = column.counts.max() ?? 0
      let steps = feature.stride > 0 ? width / feature.stride : 0
      result.append(
        try column.values.padded(
          column.counts, width: width, shape: Shape(batch + [steps] + feature.inner.sizes),
          padding: defaults[index], budget))
    }
    return result
  }

  /// Values and row splits of the ragged features; a lone example has no splits.
  func raggedTensors() throws(StatusError) -> (values: [AnyTensor], splits: [AnyTensor]) {
    var result: ([AnyTensor], [AnyTensor]) = ([], [])
    for (index, column) in ragged.enumerated() {
      let splits = layout.ragged[index].splits ?? .int64
      result.0.append(try column.values.vector(budget))
      result.1.append(
        isLone
          ? try .zeros(dtype: splits, shape: Shape(vector: 0))
          : try SparseRows.splits(column.counts, splits))
    }
    return result
  }
}
