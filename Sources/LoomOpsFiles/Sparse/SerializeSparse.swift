import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// A sparse tensor as three texts, or three variants.
enum SerializeSparse: FileOp {
  static let signature = OpSignature(
    "SerializeSparse",
    inputs: ["sparse_indices: int64", "sparse_values: T", "sparse_shape: int64"],
    outputs: ["serialized_sparse: out_type"],
    attributes: ["T: type", "out_type: {string, variant} = string"])
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 2)
    try context.requireRank(1, 1)
    try context.requireRank(2, 1)
    context.setOutput(0, [3])
  }
  static let properties = OpProperties()
  static let kernels = KernelTable { construction in
    let isVariant = try construction.attributes.type("out_type") == .variant
    return ClosureKernel { context in
      try SparseMessage.check(context)
      let parts = try context.inputs(0..<3)
      if isVariant {
        try context.setOutput(
          0, AnyTensor(parts.map { Variant(EncodedVariant.tensor($0)) }, shape: Shape(vector: 3)))
      } else {
        var texts: [ByteString] = []
        for part in parts { texts.append(try TensorMessage.encode(part)) }
        try context.setTexts(0, texts)
      }
    }
  }
}

/// The rows of a sparse tensor, each as three texts or variants.
enum SerializeManySparse: FileOp {
  static let signature = OpSignature(
    "SerializeManySparse",
    inputs: ["sparse_indices: int64", "sparse_values: T", "sparse_shape: int64"],
    outputs: ["serialized_sparse: out_type"],
    attributes: ["T: type", "out_type: {string, variant} = string"])
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 2)
    try context.requireRank(1, 1)
    try context.requireRank(2, 1)
    context.setOutput(0, [nil, 3])
  }
  static let properties = OpProperties()
  static let kernels = KernelTable(where: ["T": .everything]) { construction in
    let isVariant = try construction.attributes.type("out_type") == .variant
    return ClosureKernel { try compute($0, isVariant: isVariant) }
  }

  private static func compute(
    _ context: borrowing KernelContext, isVariant: Bool
  ) throws(StatusError) {
    try SparseMessage.check(context)
    var texts: [ByteString] = []
    var variants: [Variant] = []
    var rows = 0
    try SparseMessage.forEachRow(context) { parts throws(StatusError) in
      rows += 1
      for part in parts {
        if isVariant {
          variants.append(Variant(EncodedVariant.tensor(part)))
        } else {
          texts.append(try TensorMessage.encode(part))
        }
      }
    }
    let shape = try Shape([rows, 3])
    if isVariant {
      try context.setOutput(0, AnyTensor(variants, shape: shape, budget: context.budget))
    } else {
      try context.setTexts(0, texts, shape: shape)
    }
  }
}

extension EncodedVariant {
  /// A tensor as the value of a variant.
  static func tensor(_ tensor: AnyTensor) -> EncodedVariant {
    EncodedVariant(typeName: "tensorflow::Tensor", tensors: [tensor])
  }
}

enum SparseMessage {
  /// Refuses inputs that are no sparse tensor.
  static func check(_ context: borrowing KernelContext) throws(StatusError) {
    let (indices, values) = (try context.input(0), try context.input(1))
    let sizes = try context.input(2)
    guard indices.shape.rank == 2 else {
      throw .invalidArgument(
        "Input indices should be a matrix but received shape \(indices.shape)")
    }
    guard values.shape.rank == 1 else {
      throw .invalidArgument("Input values should be a vector but received shape \(values.shape)")
    }
    guard sizes.shape.rank == 1 else {
      throw .invalidArgument("Input shape should be a vector but received shape \(sizes.shape)")
    }
    guard indices.shape[0] == values.elementCount, indices.shape[1] == sizes.elementCount else {
      throw .invalidArgument(
        "Indices \(indices.shape), values \(values.shape) and shape \(sizes.shape) do not fit")
    }
  }

  /// Checks what is known of the shapes of the three inputs.
  static func checkRanks(_ context: ShapeContext) throws(StatusError) {
    try context.requireRank(0, 2)
    try context.requireRank(1, 1)
    try context.requireRank(2, 1)
  }

  /// Calls `body` with indices, values and shape of each row of a checked sparse tensor.
  static func forEachRow(
    _ context: borrowing KernelContext, _ body: ([AnyTensor]) throws(StatusError) -> Void
  ) throws(StatusError) {
    let (indices, values) = (try context.input(0), try context.input(1))
    let sizes = try context.input(2).integers()
    guard let rows = sizes.first, sizes.count > 1 else {
      throw .invalidArgument(
        "Rank of input SparseTensor should be > 1, but saw rank: \(sizes.count)")
    }
    // As many results as there are rows: refused here if no memory could hold them.
    guard rows >= 0, let bytes = Checked.multiply(rows, 64) else {
      throw .invalidArgument("Expected a number of rows, got \(rows)")
    }
    _ = try TensorBuffer.allocate(byteCount: bytes, budget: .files)
    let rank = sizes.count
    let positions = try indices.integers()
    let rowSizes = try AnyTensor(
      sizes.dropFirst().map(Int64.init), shape: Shape(vector: rank - 1))
    var entry = 0
    for row in 0..<rows {
      if row & 0xFF == 0 { try context.checkCancellation() }
      let start = entry
      while entry < values.elementCount, positions[entry &* rank] == row { entry += 1 }
      var tuples: [Int64] = []
      for index in start..<entry {
        for dimension in 1..<rank { tuples.append(Int64(positions[index &* rank &+ dimension])) }
      }
      try body([
        AnyTensor(tuples, shape: Shape([entry - start, rank - 1])), values.rows(start..<entry),
        rowSizes,
      ])
    }
    guard entry == values.elementCount else {
      throw .invalidArgument(
        "Received unexpected column 0 value in input SparseTensor: \(positions[entry &* rank]) "
          + "< 0 or >= N (= \(rows)), or not sorted")
    }
  }
}
