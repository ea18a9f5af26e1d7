import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// The features of a batch of sequence examples; names are attributes.
enum ParseSequenceExample: FileOp {
  static let signature = OpSignature(
    "ParseSequenceExample",
    inputs: [
      "serialized: string", "debug_name: string", "context_dense_defaults: Tcontext_dense",
    ],
    outputs: [
      "context_sparse_indices: Ncontext_sparse * int64",
      "context_sparse_values: context_sparse_types",
      "context_sparse_shapes: Ncontext_sparse * int64", "context_dense_values: Tcontext_dense",
      "feature_list_sparse_indices: Nfeature_list_sparse * int64",
      "feature_list_sparse_values: feature_list_sparse_types",
      "feature_list_sparse_shapes: Nfeature_list_sparse * int64",
      "feature_list_dense_values: feature_list_dense_types",
      "feature_list_dense_lengths: Nfeature_list_dense * int64",
    ],
    attributes: [
      "feature_list_dense_missing_assumed_empty: list(string) >= 0",
      "context_sparse_keys: list(string) >= 0", "context_dense_keys: list(string) >= 0",
      "feature_list_sparse_keys: list(string) >= 0",
      "feature_list_dense_keys: list(string) >= 0", "Ncontext_sparse: int >= 0 = 0",
      "Ncontext_dense: int >= 0 = 0", "Nfeature_list_sparse: int >= 0 = 0",
      "Nfeature_list_dense: int >= 0 = 0",
    ] + SequenceAttributes.types)
  static let shapes = ShapeFunction { context in
    let serialized = try context.requireRank(0, 1)
    try context.requireRank(1, 1)
    try SequenceAttributes.setShapes(context, prefix: serialized, hasLengths: true)
  }
  static let properties = OpProperties()
  static let kernels = KernelTable { construction in
    let attributes = construction.attributes
    let layouts = try SequenceLayouts(attributes)
    let named = try layouts.named(
      contextDense: attributes.strings("context_dense_keys"),
      contextSparse: attributes.strings("context_sparse_keys"),
      listDense: attributes.strings("feature_list_dense_keys"),
      listSparse: attributes.strings("feature_list_sparse_keys"))
    let empty = Set(try attributes.strings("feature_list_dense_missing_assumed_empty"))
    let assumed = named.lists.dense.map { empty.contains($0.name) }
    return ClosureKernel { context in
      guard try context.input(0).shape.rank == 1 else {
        throw StatusError.invalidArgument("Expected serialized to be a vector")
      }
      try ParseSequences.run(
        context, named, assumedEmpty: assumed, names: 1, defaults: 2, hasLengths: true)
    }
  }
}

/// The features of a batch of sequence examples, or of one; ragged ones too.
enum ParseSequenceExampleV2: FileOp {
  static let signature = OpSignature(
    "ParseSequenceExampleV2",
    inputs: [
      "serialized: string", "debug_name: string", "context_sparse_keys: string",
      "context_dense_keys: string", "context_ragged_keys: string",
      "feature_list_sparse_keys: string", "feature_list_dense_keys: string",
      "feature_list_ragged_keys: string", "feature_list_dense_missing_assumed_empty: bool",
      "context_dense_defaults: Tcontext_dense",
    ],
    outputs: [
      "context_sparse_indices: Ncontext_sparse * int64",
      "context_sparse_values: context_sparse_types",
      "context_sparse_shapes: Ncontext_sparse * int64", "context_dense_values: Tcontext_dense",
      "context_ragged_values: context_ragged_value_types",
      "context_ragged_row_splits: context_ragged_split_types",
      "feature_list_sparse_indices: Nfeature_list_sparse * int64",
      "feature_list_sparse_values: feature_list_sparse_types",
      "feature_list_sparse_shapes: Nfeature_list_sparse * int64",
      "feature_list_dense_values: feature_list_dense_types",
      "feature_list_dense_lengths: Nfeature_list_dense * int64",
      "feature_list_ragged_values: feature_list_ragged_value_types",
      "feature_list_ragged_outer_splits: feature_list_ragged_split_types",
      "feature_list_ragged_inner_splits: feature_list_ragged_split_types",
    ],
    attributes: [
      "Ncontext_sparse: int >= 0 = 0",
      "Tcontext_dense: list({float, int64, string}) >= 0 = []",
      "context_sparse_types: list({float, int64, string}) >= 0 = []",
      "context_ragged_value_types: list({float, int64, string}) >= 0 = []",
      "context_ragged_split_types: list({int32, int64}) >= 0 = []",
      "context_dense_shapes: list(shape) >= 0 = []", "Nfeature_list_sparse: int >= 0 = 0",
      "Nfeature_list_dense: int >= 0 = 0",
      "feature_list_dense_types: list({float, int64, string}) >= 0 = []",
      "feature_list_sparse_types: list({float, int64, string}) >= 0 = []",
      "feature_list_ragged_value_types: list({float, int64, string}) >= 0 = []",
      "feature_list_ragged_split_types: list({int32, int64}) >= 0 = []",
      "feature_list_dense_shapes: list(shape) >= 0 = []",
    ])
  static let shapes = ShapeFunction { context in
    let serialized = try context.requireRank(0, atMost: 1)
    try context.requireRank(1, atMost: 1)
    for index in 2..<9 { try context.requireRank(index, 1) }
    try SequenceAttributes.setShapes(
      context, prefix: serialized, hasLengths: true, hasRagged: true)
  }
  static let properties = OpProperties()
  static let kernels = KernelTable { construction in
    let layouts = try SequenceLayouts(construction.attributes, hasRagged: true)
    return ClosureKernel { context in
      guard try context.input(0).shape.rank <= 1 else {
        throw StatusError.invalidArgument("Expected serialized to be a scalar or vector")
      }
      let named = try layouts.named(
        contextDense: context.texts(3, named: "context_dense_keys"),
        contextSparse: context.texts(2, named: "context_sparse_keys"),
        contextRagged: context.texts(4, named: "context_ragged_keys"),
        listDense: context.texts(6, named: "feature_list_dense_keys"),
        listSparse: context.texts(5, named: "feature_list_sparse_keys"),
        listRagged: context.texts(7, named: "feature_list_ragged_keys"))
      try ParseSequences.run(
        context, named, assumedEmpty: context.input(8).scalars(of: Bool.self), names: 1,
        defaults: 9, hasLengths: true)
    }
  }
}

/// The features of one sequence example; names are inputs.
enum ParseSingleSequenceExample: FileOp {
  static let signature = OpSignature(
    "ParseSingleSequenceExample",
    inputs: [
      "serialized: string", "feature_list_dense_missing_assumed_empty: string",
      "context_sparse_keys: Ncontext_sparse * string",
      "context_dense_keys: Ncontext_dense * string",
      "feature_list_sparse_keys: Nfeature_list_sparse * string",
      "feature_list_dense_keys: Nfeature_list_dense * string",
      "context_dense_defaults: Tcontext_dense", "debug_name: string",
    ],
    outputs: [
      "context_sparse_indices: Ncontext_sparse * int64",
      "context_sparse_values: context_sparse_types",
      "context_sparse_shapes: Ncontext_sparse * int64", "context_dense_values: Tcontext_dense",
      "feature_list_sparse_indices: Nfeature_list_sparse * int64",
      "feature_list_sparse_values: feature_list_sparse_types",
      "feature_list_sparse_shapes: Nfeature_list_sparse * int64",
      "feature_list_dense_values: feature_list_dense_types",
    ],
    attributes: [
      "Ncontext_sparse: int >= 0 = 0", "Ncontext_dense: int >= 0 = 0",
      "Nfeature_list_sparse: int >= 0 = 0", "Nfeature_list_dense: int >= 0 = 0",
    ] + SequenceAttributes.types)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    try context.requireRank(1, 1)
    try SequenceAttributes.setShapes(context, prefix: .scalar, hasLengths: false)
  }
  static let properties = OpProperties()
  static let kernels = KernelTable { construction in
    let layouts = try SequenceLayouts(construction.attributes)
    return ClosureKernel { try compute($0, layouts) }
  }

  private static func compute(
    _ context: borrowing KernelContext, _ layouts: SequenceLayouts
  ) throws(StatusError) {
    guard try context.input(0).shape.isScalar else {
      throw .invalidArgument("Expected serialized to be a scalar")
    }
    var position = 2
    var keys: [[ByteString]] = []
    for count in [
      layouts.context.sparse.count, layouts.context.dense.count, layouts.lists.sparse.count,
      layouts.lists.dense.count,
    ] {
      var names: [ByteString] = []
      for _ in 0..<count {
        names.append(try context.text(position, named: "keys"))
        position += 1
      }
      keys.append(names)
    }
    let named = try layouts.named(
      contextDense: keys[1], contextSparse: keys[0], listDense: keys[3], listSparse: keys[2])
    let empty = Set(
      try context.texts(1, named: "feature_list_dense_missing_assumed_empty"))
    try ParseSequences.run(
      context, named, assumedEmpty: keys[3].map { empty.contains($0) },
      names: context.inputCount - 1, defaults: position, hasLengths: false)
  }
}
