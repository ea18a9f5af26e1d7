import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels

/// What is to be read from sequence examples: from their context and from their lists.
struct SequenceLayouts: Sendable {
  var context: FeatureLayout
  var lists: FeatureLayout

  init(_ attributes: Attributes, hasRagged: Bool = false) throws(StatusError) {
    context = try FeatureLayout(
      denseTypes: attributes.types("Tcontext_dense"),
      denseShapes: attributes.shapes("context_dense_shapes"),
      sparseTypes: attributes.types("context_sparse_types"),
      raggedTypes: hasRagged ? attributes.types("context_ragged_value_types") : [],
      raggedSplits: hasRagged ? attributes.types("context_ragged_split_types") : [])
    lists = try FeatureLayout(
      denseTypes: attributes.types("feature_list_dense_types"),
      denseShapes: attributes.shapes("feature_list_dense_shapes"),
      sparseTypes: attributes.types("feature_list_sparse_types"),
      raggedTypes: hasRagged ? attributes.types("feature_list_ragged_value_types") : [],
      raggedSplits: hasRagged ? attributes.types("feature_list_ragged_split_types") : [])
    guard try attributes.int("Ncontext_sparse") == context.sparse.count,
      try attributes.int("Nfeature_list_sparse") == lists.sparse.count,
      try attributes.int("Nfeature_list_dense") == lists.dense.count
    else { throw .invalidArgument("The numbers of keys and types differ") }
  }

  func named(
    contextDense: [ByteString], contextSparse: [ByteString], contextRagged: [ByteString] = [],
    listDense: [ByteString], listSparse: [ByteString], listRagged: [ByteString] = []
  ) throws(StatusError) -> SequenceLayouts {
    var result = self
    result.context = try context.named(
      dense: contextDense, sparse: contextSparse, ragged: contextRagged)
    result.lists = try lists.named(dense: listDense, sparse: listSparse, ragged: listRagged)
    return result
  }
}

enum SequenceAttributes {
  /// What two of the ops end with.
  static let types = [
    "context_sparse_types: list({float, int64, string}) >= 0 = []",
    "Tcontext_dense: list({float, int64, string}) >= 0 = []",
    "feature_list_dense_types: list({float, int64, string}) >= 0 = []",
    "context_dense_shapes: list(shape) >= 0 = []",
    "feature_list_sparse_types: list({float, int64, string}) >= 0 = []",
    "feature_list_dense_shapes: list(shape) >= 0 = []",
  ]

  static func setShapes(
    _ context: ShapeContext, prefix: PartialShape, hasLengths: Bool, hasRagged: Bool = false
  ) throws(StatusError) {
    let attributes = context.attributes
    let examples = prefix.rank == 1 ? prefix[0] : nil
    var shapes = ParsedShapes(context)
    shapes.addSparse(try attributes.int("Ncontext_sparse"), prefix: prefix, delta: 1)
    shapes.addDense(try attributes.shapes("context_dense_shapes"), prefix: prefix)
    if hasRagged {
      shapes.addRagged(
        try attributes.types("context_ragged_value_types").count, examples: examples)
    }
    shapes.addSparse(try attributes.int("Nfeature_list_sparse"), prefix: prefix, delta: 2)
    let lists = try attributes.shapes("feature_list_dense_shapes")
    shapes.addDense(lists, prefix: prefix.concatenated(with: [nil]))
    if hasLengths { shapes.addLengths(lists.count, prefix) }
    if hasRagged {
      shapes.addRagged(
        try attributes.types("feature_list_ragged_value_types").count, examples: examples,
        hasSteps: true)
    }
  }
}

enum ParseSequences {
  /// Parses the sequence examples of input 0 and sets all outputs.
  static func run(
    _ context: borrowing KernelContext, _ layouts: SequenceLayouts, assumedEmpty: [Bool],
    names: Int, defaults: Int, hasLengths: Bool
  ) throws(StatusError) {
    let serialized = try context.input(0)
    let texts = try serialized.scalars(of: ByteString.self)
    let labels = try context.input(names).scalars(of: ByteString.self)
    guard labels.isEmpty || labels.count == texts.count else {
      throw .invalidArgument(
        "Expected len(debug_name) == len(serialized), but got: \(labels.count) vs. "
          + "\(texts.count)")
    }
    let isLone = serialized.shape.isScalar
    let end = defaults + layouts.context.dense.count
    guard end <= context.inputCount else { throw .internal("Defaults are missing") }
    var features = try ExampleParser(
      layouts.context, defaults: context.inputs(defaults..<end), isLone: isLone,
      budget: context.budget)
    var lists = try SequenceParser(
      layouts.lists, assumedEmpty: assumedEmpty, isLone: isLone, budget: context.budget)
    for (index, text) in texts.enumerated() {
      if index & 0xFF == 0 { try context.checkCancellation() }
      let name = labels.isEmpty ? nil : labels[index]
      let maps: (context: FeatureMap, lists: FeatureMap)
      do throws(StatusError) { maps = try ExampleMessage.sequence(text.bytes) } catch {
        throw .invalidArgument(
          "\(ExampleName(name))Could not parse sequence example input, value: '\(text)'")
      }
      try features.add(maps.context, name: name)
      try lists.add(maps.lists, name: name)
    }
    var all: [AnyTensor] = []
    let sparse = try features.sparseTensors()
    all += sparse.indices + sparse.values + sparse.shapes
    all += try features.denseTensors()
    let ragged = try features.raggedTensors()
    all += ragged.values + ragged.splits
    let listSparse = try lists.sparseTensors()
    all += listSparse.indices + listSparse.values + listSparse.shapes
    let dense = try lists.denseTensors()
    all += dense.values
    if hasLengths { all += dense.lengths }
    let listRagged = try lists.raggedTensors()
    all += listRagged.values + listRagged.outer + listRagged.inner
    for (index, tensor) in all.enumerated() { try context.setOutput(index, tensor) }
  }
}
