import FoundationEssentials
import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport
import LoomProto

/// Sparse tensors from texts or variants, stacked in new first dimensions.
enum DeserializeSparse: FileOp {
  static let signature = OpSignature(
    "DeserializeSparse", inputs: ["serialized_sparse: Tserialized"],
    outputs: ["sparse_indices: int64", "sparse_values: dtype", "sparse_shape: int64"],
    attributes: ["dtype: type", "Tserialized: {string, variant} = string"])
  static let shapes = ShapeFunction { context in
    let serialized = try context.requireRank(0, atLeast: 1)
    if let rank = serialized.rank { _ = try ShapeContext.merge(serialized[rank - 1], 3) }
    context.setOutput(0, [nil, nil])
    context.setOutput(1, [nil])
    context.setOutput(2, [nil])
  }
  static let properties = OpProperties()
  static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("dtype").base
    return ClosureKernel { context in
      let serialized = try context.input(0)
      guard serialized.shape.rank > 0 else {
        throw StatusError.invalidArgument(
          "Serialized sparse should have non-zero rank \(serialized.shape)")
      }
      try SparseStack.compute(context, serialized, dtype)
    }
  }
}

/// Sparse tensors from the rows of a matrix of texts, stacked in a new first dimension.
enum DeserializeManySparse: FileOp {
  static let signature = OpSignature(
    "DeserializeManySparse", inputs: ["serialized_sparse: string"],
    outputs: ["sparse_indices: int64", "sparse_values: dtype", "sparse_shape: int64"],
    attributes: ["dtype: type"])
  static let shapes = ShapeFunction { context in
    let serialized = try context.requireRank(0, 2)
    _ = try ShapeContext.merge(serialized[1], 3)
    context.setOutput(0, [nil, nil])
    context.setOutput(1, [nil])
    context.setOutput(2, [nil])
  }
  static let properties = OpProperties()
  static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("dtype").base
    return ClosureKernel { context in
      let serialized = try context.input(0)
      guard serialized.shape.rank == 2 else {
        throw StatusError.invalidArgument(
          "Serialized sparse should be a matrix but received shape \(serialized.shape)")
      }
      try SparseStack.compute(context, serialized, dtype)
    }
  }
}

/// Sparse tensors joined in new first dimensions.
enum SparseStack {
  static func compute(
    _ context: borrowing KernelContext, _ serialized: AnyTensor, _ dtype: DType
  ) throws(StatusError) {
    let outer = Array(serialized.shape.sizes.dropLast())
    guard serialized.shape[serialized.shape.rank - 1] == 3 else {
      throw .invalidArgument(
        "Serialized sparse should have 3 as the last dimension but received shape "
          + serialized.shape.description)
    }
    try compute(context, outer: outer, dtype) { (index) throws(StatusError) in
      var parts: [AnyTensor] = []
      for part in 0..<3 {
        parts.append(try tensor(serialized, index &* 3 &+ part, .files))
      }
      return parts
    }
  }

  /// - Parameter read: the indices, values and shape of one of them.
  static func compute(
    _ context: borrowing KernelContext, outer: [Int], _ dtype: DType,
    _ read: (Int) throws(StatusError) -> [AnyTensor]
  ) throws(StatusError) {
    let count = try Shape(outer).elementCount
    guard count > 0 else {
      throw .invalidArgument(
        "Serialized sparse should have at least 1 serialized tensor, but has a zero dimension "
          + outer.description)
    }
    var indices: [Int64] = []
    var parts: [AnyTensor] = []
    var sizes: [Int]?
    for index in 0..<count {
      let tensors = try read(index)
      try check(tensors, index, dtype)
      let inner = try tensors[2].integers()
      if let known = sizes {
        guard known.count == inner.count else {
          throw .invalidArgument(
            "Inconsistent rank across SparseTensors: rank prior to SparseTensor[\(index)] was: "
              + "\(known.count) but rank of SparseTensor[\(index)] is: \(inner.count)")
        }
        sizes = zip(known, inner).map { Swift.max($0, $1) }
      } else {
        sizes = inner
      }
      if count == 1 && outer.isEmpty {
        for output in 0..<3 { try context.setOutput(output, tensors[output]) }
        return
      }
      // The tensor's own place in the stack stands before its positions.
      var place: [Int64] = []
      var rest = index
      for size in outer.reversed() {
        place.insert(Int64(rest % size), at: 0)
        rest /= size
      }
      let positions = try tensors[0].scalars(of: Int64.self)
      for entry in 0..<tensors[1].elementCount {
        indices += place
        indices += positions[entry &* inner.count..<(entry &* inner.count &+ inner.count)]
      }
      parts.append(tensors[1])
    }
    let full = outer + (sizes ?? [])
    let total = parts.reduce(0) { $0 + $1.elementCount }
    try context.setOutput(
      0, AnyTensor(indices, shape: Shape([total, full.count]), budget: context.budget))
    let mover = ByteMover(
      into: try context.allocate(1, dtype: dtype, shape: Shape(vector: total)))
    var place = 0
    for part in parts {
      try mover.copy(part, to: place, count: part.elementCount)
      place += part.elementCount
    }
    try context.setOutput(2, AnyTensor(full.map(Int64.init), shape: Shape(vector: full.count)))
  }

  /// Refuses what is not the indices, values and shape of a sparse tensor.
  private static func check(
    _ tensors: [AnyTensor], _ index: Int, _ dtype: DType
  ) throws(StatusError) {
    guard tensors[0].dtype == .int64, tensors[0].shape.rank == 2 else {
      throw .invalidArgument(
        "Expected serialized_sparse[\(index), 0] to represent an index matrix but received shape "
          + tensors[0].shape.description)
    }
    guard tensors[1].dtype == dtype else {
      throw .invalidArgument(
        "Requested SparseTensor of type \(dtype) but SparseTensor[\(index)].values.dtype() == "
          + tensors[1].dtype.name)
    }
    guard tensors[1].shape.rank == 1 else {
      throw .invalidArgument(
        "Expected serialized_sparse[\(index), 1] to represent a values vector but received shape "
          + tensors[1].shape.description)
    }
    guard tensors[2].dtype == .int64, tensors[2].shape.rank == 1 else {
      throw .invalidArgument(
        "Expected serialized_sparse[\(index), 2] to represent a shape vector but received shape "
          + tensors[2].shape.description)
    }
    guard tensors[0].shape[0] == tensors[1].elementCount else {
      throw .invalidArgument(
        "Expected row counts of SparseTensor[\(index)].indices and "
          + "SparseTensor[\(index)].values to match but they do not: \(tensors[0].shape[0]) vs. "
          + "\(tensors[1].elementCount)")
    }
    guard tensors[0].shape[1] == tensors[2].elementCount else {
      throw .invalidArgument(
        "Expected column counts of SparseTensor[\(index)].indices to match size of "
          + "SparseTensor[\(index)].shape but they do not: \(tensors[0].shape[1]) vs. "
          + "\(tensors[2].elementCount)")
    }
  }

  private static func tensor(
    _ serialized: AnyTensor, _ position: Int, _ budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    if serialized.dtype == .string {
      return try TensorMessage.decode(serialized.element(position), budget)
    }
    let variant = try serialized.element(position, of: Variant.self)
    if let value = variant.value as? EncodedVariant, let tensor = value.tensors.first {
      return tensor
    }
    throw .invalidArgument("Could not get a tensor from serialized_sparse element \(position)")
  }
}
