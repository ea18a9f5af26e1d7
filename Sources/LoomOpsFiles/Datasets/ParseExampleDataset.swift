import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsData
import LoomOpsSupport

private let inputs = [
  "input_dataset: variant", "num_parallel_calls: int64", "dense_defaults: Tdense",
]
private let head = [
  "sparse_keys: list(string) >= 0", "dense_keys: list(string) >= 0",
  "sparse_types: list({float, int64, string}) >= 0",
  "Tdense: list({float, int64, string}) >= 0", "dense_shapes: list(shape) >= 0",
  "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
]
private let tail = [
  "ragged_keys: list(string) >= 0 = []",
  "ragged_value_types: list({float, int64, string}) >= 0 = []",
  "ragged_split_types: list({int32, int64}) >= 0 = []",
]

/// The features of batches of examples; components are in the order of the features' names.
enum ParseExampleDataset: DatasetOp {
  static let signature = OpSignature(
    "ParseExampleDataset", inputs: inputs, outputs: ["handle: variant"],
    attributes: head + ["sloppy: bool = false"] + tail)
  static let scalarInputs = [0, 1]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let attributes = node.attributes
    let layout = try FeatureLayout(
      denseTypes: attributes.types("Tdense"), denseShapes: attributes.shapes("dense_shapes"),
      sparseTypes: attributes.types("sparse_types"),
      raggedTypes: attributes.types("ragged_value_types"),
      raggedSplits: attributes.types("ragged_split_types")
    ).named(
      dense: attributes.strings("dense_keys"), sparse: attributes.strings("sparse_keys"),
      ragged: attributes.strings("ragged_keys"))
    let elements = try ElementSpecification(attributes)
    let count = layout.dense.count + layout.sparse.count + layout.ragged.count
    guard elements.count == count else {
      throw .invalidArgument("Expected a component for each feature, got \(elements.count)")
    }
    return DatasetMaker { context in
      let defaults = try context.inputs(2..<context.inputCount)
      try layout.check(defaults: defaults)
      return ParsedExamples(
        input: try context.dataset(0), layout: layout, defaults: defaults, elements: elements)
    }
  }
}

enum ParseExampleDatasetV2: DatasetOp {
  static let signature = OpSignature(
    "ParseExampleDatasetV2", inputs: inputs, outputs: ["handle: variant"],
    attributes: head + ["deterministic: string = \"default\""] + tail)
  static let scalarInputs = [0, 1]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try ParseExampleDataset.make(node)
  }
}

private struct ParsedExamples: DatasetValue {
  let input: any DatasetValue
  let layout: FeatureLayout
  let defaults: [AnyTensor]
  let elements: ElementSpecification

  var inputs: [any DatasetValue] { [input] }
  var cardinality: Cardinality { input.cardinality }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    Iterator(self, try input.makeIterator(services))
  }

  /// The components of one batch.
  func parse(_ batch: AnyTensor, _ budget: MemoryBudget) throws(StatusError) -> [AnyTensor] {
    guard batch.dtype == .string, batch.shape.rank <= 1 else {
      throw .invalidArgument("Expected texts to parse, got \(batch.dtype)\(batch.shape)")
    }
    var parser = try ExampleParser(
      layout, defaults: defaults, isLone: batch.shape.isScalar, budget: budget)
    for text in try batch.scalars(of: ByteString.self) {
      try parser.add(example: text, name: nil)
    }
    var named: [(ByteString, AnyTensor)] = []
    for (index, tensor) in try parser.denseTensors().enumerated() {
      named.append((layout.dense[index].name, tensor))
    }
    let sparse = try parser.sparseTensors()
    for (index, feature) in layout.sparse.enumerated() {
      let parts = [sparse.indices[index], sparse.values[index], sparse.shapes[index]].map {
        Variant(EncodedVariant(typeName: "tensorflow::Tensor", tensors: [$0]))
      }
      named.append((feature.name, try AnyTensor(parts, shape: Shape(vector: 3))))
    }
    let ragged = try parser.raggedTensors()
    for (index, feature) in layout.ragged.enumerated() {
      let value = RaggedValue(
        splits: batch.shape.isScalar ? [] : [ragged.splits[index]], values: ragged.values[index])
      named.append((feature.name, try AnyTensor(scalar: Variant(value))))
    }
    return named.sorted { $0.0 < $1.0 }.map(\.1)
  }

  private final class Iterator: DatasetIterator {
    private let dataset: ParsedExamples
    private let input: any DatasetIterator

    init(_ dataset: ParsedExamples, _ input: any DatasetIterator) {
      self.dataset = dataset
      self.input = input
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      guard let element = try input.next(services) else { return nil }
      guard element.count == 1 else {
        throw .invalidArgument("Expected one component to parse, got \(element.count)")
      }
      return try dataset.parse(element[0], services.budget)
    }
  }
}
