import LoomCore
import LoomFormats
import LoomKernels

/// Reads feature lists out of sequence examples, column by column.
struct SequenceParser {
  let layout: FeatureLayout
  let isLone: Bool
  /// For each dense list, whether an example without it counts as one of no steps.
  private let assumedEmpty: [Bool]
  private let budget: MemoryBudget

  private struct Column {
    var values: FeatureColumn
    /// The number of values in each step of each example.
    var steps: [[Int]] = []

    init(_ dtype: DType) { values = FeatureColumn(dtype) }
  }

  private var dense: [Column]
  private var sparse: [Column]
  private var ragged: [Column]

  init(
    _ layout: FeatureLayout, assumedEmpty: [Bool], isLone: Bool, budget: MemoryBudget
  ) throws(StatusError) {
    for feature in layout.dense where feature.isVariable {
      throw .invalidArgument("feature_list_dense_shapes must be fully defined: \(feature.shape)")
    }
    guard assumedEmpty.count == layout.dense.count else {
      throw .invalidArgument(
        "Expected len(feature_list_dense_keys) == len(feature_list_dense_missing_assumed_empty) "
          + "but got: \(layout.dense.count) vs. \(assumedEmpty.count)")
    }
    self.layout = layout
    self.assumedEmpty = assumedEmpty
    self.isLone = isLone
    self.budget = budget
    dense = layout.dense.map { Column($0.dtype) }
    sparse = layout.sparse.map { Column($0.dtype) }
    ragged = layout.ragged.map { Column($0.dtype) }
  }

  /// Adds the lists of an example.
  mutating func add(_ lists: FeatureMap, name: ByteString?) throws(StatusError) {
    let example = ExampleName(name)
    for (index, feature) in layout.dense.enumerated() {
      guard let list = lists[feature.name.bytes[...]] else {
        guard assumedEmpty[index] else {
          throw .invalidArgument(
            "\(example)Feature list '\(feature.name)' is required but could not be found.  Did "
              + "you mean to include it in feature_list_dense_missing_assumed_empty or "
              + "feature_list_dense_defaults?")
        }
        dense[index].steps.append([])
        continue
      }
      let steps = try ExampleMessage.steps(list)
      for (step, feature) in steps.enumerated() {
        try addStep(index, step, feature, example)
      }
      dense[index].steps.append(Array(repeating: feature.stride, count: steps.count))
    }
    for (index, feature) in layout.sparse.enumerated() {
      try SequenceParser.add(feature, to: &sparse[index], lists, example)
    }
    for (index, feature) in layout.ragged.enumerated() {
      try SequenceParser.add(feature, to: &ragged[index], lists, example)
    }
  }

  private mutating func addStep(
    _ index: Int, _ step: Int, _ bytes: ArraySlice<UInt8>, _ example: ExampleName
  ) throws(StatusError) {
    let feature = layout.dense[index]
    let values = try FeatureValues.read(bytes, feature.name, feature.dtype, in: example)
    guard let values, values.count == feature.stride else {
      throw .invalidArgument(
        "\(example)Feature list: \(feature.name), Index: \(step).  Number of \(feature.dtype) "
          + "values != expected.  values size: \(values?.count ?? 0) but output shape: "
          + "\(feature.shape)")
    }
    dense[index].values.append(values)
  }

  private static func add(
    _ feature: ListFeature, to column: inout Column, _ lists: FeatureMap, _ example: ExampleName
  ) throws(StatusError) {
    var counts: [Int] = []
    if let list = lists[feature.name.bytes[...]] {
      for bytes in try ExampleMessage.steps(list) {
        let values = try FeatureValues.read(bytes, feature.name, feature.dtype, in: example)
        if let values { column.values.append(values) }
        counts.append(values?.count ?? 0)
      }
    }
    column.steps.append(counts)
  }

  func sparseTensors() throws(StatusError) -> (
    indices: [AnyTensor], values: [AnyTensor], shapes: [AnyTensor]
  ) {
    var result: ([AnyTensor], [AnyTensor], [AnyTensor]) = ([], [], [])
    for column in sparse {
      let layout = try SparseRows.layout(steps: column.steps, isLone: isLone, budget)
      result.0.append(layout.indices)
      result.1.append(try column.values.vector(budget))
      result.2.append(layout.shape)
    }
    return result
  }

  /// Dense lists, filled up with zeros to the longest, and the lengths they had.
  func denseTensors() throws(StatusError) -> (values: [AnyTensor], lengths: [AnyTensor]) {
    var result: ([AnyTensor], [AnyTensor]) = ([], [])
    for (index, column) in dense.enumerated() {
      let feature = layout.dense[index]
      let lengths = column.steps.map(\.count)
      let longest = lengths.max() ?? 0
      guard let width = Checked.multiply(longest, feature.stride) else {
        throw .invalidArgument("Feature list \(feature.name) is too large")
      }
      let batch = isLone ? [] : [lengths.count]
      result.0.append(
        try column.values.padded(
          lengths.map { $0 &* feature.stride }, width: width,
          shape: Shape(batch + [longest] + feature.inner.sizes), padding: nil, budget))
      result.1.append(
        try AnyTensor(lengths.map(Int64.init), shape: isLone ? .scalar : Shape(batch)))
    }
    return result
  }

  /// Values, splits of examples into steps, and splits of steps into values.
  func raggedTensors() throws(StatusError) -> (
    values: [AnyTensor], outer: [AnyTensor], inner: [AnyTensor]
  ) {
    var result: ([AnyTensor], [AnyTensor], [AnyTensor]) = ([], [], [])
    for (index, column) in ragged.enumerated() {
      let splits = layout.ragged[index].splits ?? .int64
      result.0.append(try column.values.vector(budget))
      result.1.append(
        isLone
          ? try .zeros(dtype: splits, shape: Shape(vector: 0))
          : try SparseRows.splits(column.steps.map(\.count), splits))
      result.2.append(try SparseRows.splits(column.steps.flatMap { $0 }, splits))
    }
    return result
  }
}
