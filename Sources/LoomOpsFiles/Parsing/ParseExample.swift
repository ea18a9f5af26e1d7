import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// The features of a batch of examples.
enum ParseExample: FileOp {
  static let signature = OpSignature(
    "ParseExample",
    inputs: [
      "serialized: string", "names: string", "sparse_keys: Nsparse * string",
      "dense_keys: Ndense * string", "dense_defaults: Tdense",
    ],
    outputs: [
      "sparse_indices: Nsparse * int64", "sparse_values: sparse_types",
      "sparse_shapes: Nsparse * int64", "dense_values: Tdense",
    ],
    attributes: [
      "Nsparse: int >= 0", "Ndense: int >= 0",
      "sparse_types: list({float, int64, string}) >= 0",
      "Tdense: list({float, int64, string}) >= 0", "dense_shapes: list(shape) >= 0",
    ])
  static let shapes = ShapeFunction { context in
    let serialized = try context.requireRank(0, 1)
    try context.requireRank(1, 1)
    var shapes = ParsedShapes(context)
    shapes.addSparse(try context.attributes.int("Nsparse"), prefix: serialized, delta: 1)
    shapes.addDense(try context.attributes.shapes("dense_shapes"), prefix: serialized)
  }
  static let properties = OpProperties()
  static let kernels = KernelTable { construction in
    let attributes = construction.attributes
    let layout = try FeatureLayout(
      denseTypes: attributes.types("Tdense"), denseShapes: attributes.shapes("dense_shapes"),
      sparseTypes: attributes.types("sparse_types"))
    guard try attributes.int("Nsparse") == layout.sparse.count,
      try attributes.int("Ndense") == layout.dense.count
    else { throw StatusError.invalidArgument("The numbers of keys and types differ") }
    return ClosureKernel { context in
      guard try context.input(0).shape.rank == 1 else {
        throw StatusError.invalidArgument("Expected serialized to be a vector")
      }
      var sparse: [ByteString] = []
      var dense: [ByteString] = []
      var position = 2
      for _ in layout.sparse {
        sparse.append(try context.text(position, named: "sparse_keys"))
        position += 1
      }
      for _ in layout.dense {
        dense.append(try context.text(position, named: "dense_keys"))
        position += 1
      }
      try ParseExamples.run(
        context, layout.named(dense: dense, sparse: sparse), defaults: position)
    }
  }
}

/// The features of a batch of examples, or of one; ragged ones too.
enum ParseExampleV2: FileOp {
  static let signature = OpSignature(
    "ParseExampleV2",
    inputs: [
      "serialized: string", "names: string", "sparse_keys: string", "dense_keys: string",
      "ragged_keys: string", "dense_defaults: Tdense",
    ],
    outputs: [
      "sparse_indices: num_sparse * int64", "sparse_values: sparse_types",
      "sparse_shapes: num_sparse * int64", "dense_values: Tdense",
      "ragged_values: ragged_value_types", "ragged_row_splits: ragged_split_types",
    ],
    attributes: [
      "Tdense: list({float, int64, string}) >= 0", "num_sparse: int >= 0",
      "sparse_types: list({float, int64, string}) >= 0",
      "ragged_value_types: list({float, int64, string}) >= 0",
      "ragged_split_types: list({int32, int64}) >= 0", "dense_shapes: list(shape) >= 0",
    ])
  static let shapes = ShapeFunction { context in
    let serialized = try context.requireRank(0, atMost: 1)
    try context.requireRank(1, atMost: 1)
    for index in 2..<5 { try context.requireRank(index, 1) }
    var shapes = ParsedShapes(context)
    shapes.addSparse(try context.attributes.int("num_sparse"), prefix: serialized, delta: 1)
    shapes.addDense(try context.attributes.shapes("dense_shapes"), prefix: serialized)
    shapes.addRagged(
      try context.attributes.types("ragged_value_types").count,
      examples: serialized.rank == 1 ? serialized[0] : nil)
  }
  static let properties = OpProperties()
  static let kernels = KernelTable { construction in
    let attributes = construction.attributes
    let layout = try FeatureLayout(
      denseTypes: attributes.types("Tdense"), denseShapes: attributes.shapes("dense_shapes"),
      sparseTypes: attributes.types("sparse_types"),
      raggedTypes: attributes.types("ragged_value_types"),
      raggedSplits: attributes.types("ragged_split_types"))
    guard try attributes.int("num_sparse") == layout.sparse.count else {
      throw StatusError.invalidArgument("The numbers of keys and types differ")
    }
    return ClosureKernel { context in
      guard try context.input(0).shape.rank <= 1 else {
        throw StatusError.invalidArgument("Expected serialized to be a scalar or vector")
      }
      let named = try layout.named(
        dense: context.texts(3, named: "dense_keys"),
        sparse: context.texts(2, named: "sparse_keys"),
        ragged: context.texts(4, named: "ragged_keys"))
      try ParseExamples.run(context, named, defaults: 5)
    }
  }
}

/// The features of one example.
enum ParseSingleExample: FileOp {
  static let signature = OpSignature(
    "ParseSingleExample", inputs: ["serialized: string", "dense_defaults: Tdense"],
    outputs: [
      "sparse_indices: num_sparse * int64", "sparse_values: sparse_types",
      "sparse_shapes: num_sparse * int64", "dense_values: Tdense",
    ],
    attributes: [
      "num_sparse: int >= 0", "sparse_keys: list(string) >= 0", "dense_keys: list(string) >= 0",
      "sparse_types: list({float, int64, string}) >= 0",
      "Tdense: list({float, int64, string}) >= 0", "dense_shapes: list(shape) >= 0",
    ])
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    var shapes = ParsedShapes(context)
    shapes.addSparse(try context.attributes.int("num_sparse"), prefix: .scalar, delta: 1)
    shapes.addDense(try context.attributes.shapes("dense_shapes"), prefix: .scalar)
  }
  static let properties = OpProperties()
  static let kernels = KernelTable { construction in
    let attributes = construction.attributes
    let layout = try FeatureLayout(
      denseTypes: attributes.types("Tdense"), denseShapes: attributes.shapes("dense_shapes"),
      sparseTypes: attributes.types("sparse_types")
    ).named(dense: attributes.strings("dense_keys"), sparse: attributes.strings("sparse_keys"))
    guard try attributes.int("num_sparse") == layout.sparse.count else {
      throw StatusError.invalidArgument("The numbers of keys and types differ")
    }
    return ClosureKernel { context in
      guard try context.input(0).shape.isScalar else {
        throw StatusError.invalidArgument("Expected serialized to be a scalar")
      }
      try ParseExamples.run(context, layout, defaults: 1, hasNames: false)
    }
  }
}

private enum ParseExamples {
  /// Parses the examples of input 0 and sets all outputs. Defaults are the inputs from `defaults` on.
  static func run(
    _ context: borrowing KernelContext, _ layout: FeatureLayout, defaults: Int,
    hasNames: Bool = true
  ) throws(StatusError) {
    let serialized = try context.input(0)
    let texts = try serialized.scalars(of: ByteString.self)
    let names = hasNames ? try context.input(1).scalars(of: ByteString.self) : []
    guard names.isEmpty || names.count == texts.count else {
      throw .invalidArgument(
        "Expected len(names) == len(serialized), but got: \(names.count) vs. \(texts.count)")
    }
    guard context.inputCount >= defaults else { throw .internal("Defaults are missing") }
    var parser = try ExampleParser(
      layout, defaults: context.inputs(defaults..<context.inputCount),
      isLone: serialized.shape.isScalar, budget: context.budget)
    for (index, text) in texts.enumerated() {
      if index & 0xFF == 0 { try context.checkCancellation() }
      try parser.add(example: text, name: names.isEmpty ? nil : names[index])
    }
    let sparse = try parser.sparseTensors()
    let ragged = try parser.raggedTensors()
    let all =
      sparse.indices + sparse.values + sparse.shapes + (try parser.denseTensors())
      + ragged.values + ragged.splits
    for (index, tensor) in all.enumerated() { try context.setOutput(index, tensor) }
  }
}
