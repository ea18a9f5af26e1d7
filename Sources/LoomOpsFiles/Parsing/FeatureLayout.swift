import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels

/// A feature that has a shape of its own in every example.
struct DenseFeature: Sendable {
  var name: ByteString
  let dtype: DType
  let shape: PartialShape
  /// Whether the first size may differ from example to example.
  let isVariable: Bool
  /// Elements of one example; of one step of the first dimension if that varies.
  let stride: Int
  /// The sizes behind the first dimension where that varies, all of them otherwise.
  let inner: Shape

  /// - Throws: ``StatusError/Code/invalidArgument`` if another size than the first is unknown.
  init(name: ByteString, dtype: DType, shape: PartialShape) throws(StatusError) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    guard let rank = shape.rank else {
      throw .invalidArgument("dense_shapes[..] has unknown rank")
    }
    isVariable = rank > 0 && shape[0] == nil
    let known = isVariable ? shape.dimensions(in: 1..<rank) : shape
    guard let inner = known.fullyDefined else {
      throw .invalidArgument(
        "dense_shapes[..] has unknown dimensions other than the first: \(shape)")
    }
    self.inner = inner
    stride = inner.elementCount
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the default does not fit.
  func check(default value: AnyTensor) throws(StatusError) {
    guard value.dtype == dtype else {
      throw .invalidArgument(
        "dense_defaults of \(name) has dtype \(value.dtype) != dense_types \(dtype)")
    }
    if isVariable {
      guard value.elementCount == 1 else {
        throw .invalidArgument(
          "dense_shape of \(name) is a variable length shape: \(shape), therefore its default must "
            + "contain a single element (the padding element). But its shape is: \(value.shape)")
      }
    } else if value.elementCount > 0, value.shape != inner {
      throw .invalidArgument(
        "default of \(name) has shape \(value.shape) != dense_shape \(shape)")
    }
  }
}

/// A feature with any number of values.
struct ListFeature: Sendable {
  var name: ByteString
  let dtype: DType
  /// The dtype of row splits; `nil` for a feature that becomes a sparse tensor.
  var splits: DType?
}

/// What is to be read from examples.
struct FeatureLayout: Sendable {
  var dense: [DenseFeature] = []
  var sparse: [ListFeature] = []
  var ragged: [ListFeature] = []

  /// With names that come later, as inputs.
  init(
    denseTypes: [DType], denseShapes: [PartialShape], sparseTypes: [DType],
    raggedTypes: [DType] = [], raggedSplits: [DType] = []
  ) throws(StatusError) {
    guard denseTypes.count == denseShapes.count else {
      throw .invalidArgument(
        "len(dense_types) != len(dense_shapes): \(denseTypes.count) vs. \(denseShapes.count)")
    }
    guard raggedTypes.count == raggedSplits.count else {
      throw .invalidArgument(
        "len(ragged_value_types) != len(ragged_split_types): \(raggedTypes.count) vs. "
          + "\(raggedSplits.count)")
    }
    for (index, type) in denseTypes.enumerated() {
      dense.append(
        try DenseFeature(name: ByteString(), dtype: type.base, shape: denseShapes[index]))
    }
    sparse = sparseTypes.map { ListFeature(name: ByteString(), dtype: $0.base) }
    for (index, type) in raggedTypes.enumerated() {
      ragged.append(
        ListFeature(name: ByteString(), dtype: type.base, splits: raggedSplits[index].base))
    }
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if there are too few names or too many.
  func named(
    dense denseNames: [ByteString], sparse sparseNames: [ByteString],
    ragged raggedNames: [ByteString] = []
  ) throws(StatusError) -> FeatureLayout {
    guard denseNames.count == dense.count else {
      throw .invalidArgument(
        "Expected len(dense_keys) == len(dense_types) but got: \(denseNames.count) vs. "
          + "\(dense.count)")
    }
    guard sparseNames.count == sparse.count else {
      throw .invalidArgument(
        "Expected len(sparse_keys) == len(sparse_types) but got: \(sparseNames.count) vs. "
          + "\(sparse.count)")
    }
    guard raggedNames.count == ragged.count else {
      throw .invalidArgument(
        "Expected len(ragged_keys) == len(ragged_value_types) but got: \(raggedNames.count) vs. "
          + "\(ragged.count)")
    }
    var result = self
    for (index, name) in denseNames.enumerated() { result.dense[index].name = name }
    for (index, name) in sparseNames.enumerated() { result.sparse[index].name = name }
    for (index, name) in raggedNames.enumerated() { result.ragged[index].name = name }
    return result
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if defaults do not fit their features.
  func check(defaults: [AnyTensor]) throws(StatusError) {
    guard defaults.count == dense.count else {
      throw .invalidArgument(
        "Expected len(dense_defaults) == len(dense_keys) but got: \(defaults.count) vs. "
          + "\(dense.count)")
    }
    for (feature, value) in zip(dense, defaults) { try feature.check(default: value) }
  }
}

extension FeatureMap {
  /// The values of a feature, of the dtype that is asked for; `nil` if there are none.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the feature is of another kind or damaged.
  func values(
    _ name: ByteString, _ dtype: DType, in example: ExampleName
  ) throws(StatusError) -> FeatureValues? {
    guard let feature = self[name.bytes[...]] else { return nil }
    return try FeatureValues.read(feature, name, dtype, in: example)
  }
}

extension FeatureValues {
  static func read(
    _ feature: ArraySlice<UInt8>, _ name: ByteString, _ dtype: DType, in example: ExampleName
  ) throws(StatusError) -> FeatureValues? {
    let found: FeatureValues?
    do throws(StatusError) { found = try read(feature) } catch {
      throw .invalidArgument("\(example)Key: \(name).  Can't parse serialized Example.")
    }
    guard let values = found else { return nil }
    guard values.dtype == dtype else {
      throw .invalidArgument(
        "\(example)Key: \(name).  Data types don't match. Data type: \(values.dtype) but expected "
          + "type: \(dtype)")
    }
    return values
  }
}

/// How errors name an example.
struct ExampleName: CustomStringConvertible {
  let name: ByteString?

  init(_ name: ByteString?) { self.name = name }

  var description: String { if let name, !name.isEmpty { "Name: \(name), " } else { "" } }
}
