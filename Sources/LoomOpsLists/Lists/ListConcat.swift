import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// All elements one after the other along their first dimension, and how long each was.
enum TensorListConcatV2: OpDeclaration {
  static let signature = OpSignature(
    "TensorListConcatV2",
    inputs: ["input_handle: variant", "element_shape: shape_type", "leading_dims: int64"],
    outputs: ["tensor: element_dtype", "lengths: int64"],
    attributes: ["element_dtype: type", "shape_type: {int32, int64}"])
  static let shapes = ShapeFunction { context in
    try TensorListConcat.infer(context, context.elementShape(1))
  }
  static let gradient = GradientRule.dense { context in
    [try TensorListConcat.split(context), nil, nil]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable(where: ["element_dtype": .everything]) { construction in
    let dtype = try construction.attributes.type("element_dtype").base
    return ClosureKernel { context in
      let list = try context.list(0, of: dtype)
      let shape = try context.elementShape(1, of: list)
      guard shape.rank != 0 else {
        throw StatusError.invalidArgument(
          "Concat requires elements to be at least vectors, found scalars instead.")
      }
      let leading = try context.input(2).integers()
      try ListJoin(list, row: shape.withoutFirst(), first: shape[0], leading: leading)
        .run(context)
    }
  }
}

/// The same for lists whose elements are all set.
enum TensorListConcat: OpDeclaration {
  static let signature = OpSignature(
    "TensorListConcat", inputs: ["input_handle: variant"],
    outputs: ["tensor: element_dtype", "lengths: int64"],
    attributes: ["element_dtype: type", "element_shape: shape = unknown_rank"])
  static let shapes = ShapeFunction { context in
    try infer(context, context.attributes.shape("element_shape"))
  }
  static let gradient = GradientRule.dense { context in [try split(context)] }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable(where: ["element_dtype": .everything]) { construction in
    let dtype = try construction.attributes.type("element_dtype").base
    let shape = try construction.attributes.shape("element_shape")
    let row = shape.rank == 0 ? shape : try shape.withoutFirst()
    return ClosureKernel { context in
      let list = try context.list(0, of: dtype)
      try ListJoin(list, row: row, first: nil, leading: nil).run(context)
    }
  }

  fileprivate static func infer(_ context: ShapeContext, _ shape: PartialShape) throws {
    let elements = try context.elements(0, of: context.elementType())
    let merged = try shape.merged(with: elements.shape)
    if merged.rank != nil {
      context.setOutput(0, PartialShape([nil]).concatenated(with: try merged.withoutFirst()))
    }
    context.setOutput(1, [nil])
  }

  fileprivate static func split(_ context: GradientContext) throws -> AnyOutput {
    try context.build(
      "TensorListSplit",
      [context.upstream(0), context.elementShape(of: context.input(0)), context.output(1)])
  }
}

/// One run of a concatenation.
private struct ListJoin {
  let list: TensorList
  /// What is known of the shape of elements behind their first dimension.
  var row: PartialShape
  /// The first size of unset elements that `leading` does not name.
  var first: Int?
  /// The first sizes of unset elements; `nil` for the op that has none.
  let leading: [Int]?

  init(
    _ list: TensorList, row: PartialShape, first: Int?, leading: [Int]?
  ) {
    self.list = list
    self.row = row
    self.first = first
    self.leading = leading
  }

  /// Checks that elements fit each other, and learns sizes from them.
  private mutating func learn() throws(StatusError) {
    guard !list.element.shape.isFullyDefined else { return }
    let expected = first
    var isSame = true
    var common: Int?
    try list.forEachSet { (index, tensor) throws(StatusError) in
      guard tensor.shape.rank > 0 else {
        throw .invalidArgument(
          "Concat saw a scalar shape at index \(index) but requires at least vectors.")
      }
      row = try merge(row, PartialShape(tensor.rowShape))
      let size = tensor.shape[0]
      guard expected == nil || expected == size else {
        throw .invalidArgument(
          "First entry of element_shape input does not match the first dim of list element at "
            + "index: \(index) Expected: \(expected ?? -1) Actual: \(size)")
      }
      if let common, common != size { isSame = false }
      common = common ?? size
    }
    if expected == nil, isSame { first = common }
  }

  /// The first size of an unset element.
  private func length(of index: Int) throws(StatusError) -> Int {
    if let leading, index < leading.count {
      guard leading[index] >= 0 else {
        throw .invalidArgument("leading_dims must not be negative, got \(leading[index])")
      }
      return leading[index]
    }
    if let first { return first }
    guard let leading else {
      throw .invalidArgument(
        "Concating lists with uninitialized tensors is not supported in this version of "
          + "TensorListConcat. Consider updating your GraphDef to run the newer version.")
    }
    throw .invalidArgument(
      "List contains uninitialized tensor at index \(index) but leading_dims has only "
        + "\(leading.count) elements.")
  }

  func run(_ context: borrowing KernelContext) throws(StatusError) {
    try ListLimit.check(list.count)
    var join = self
    guard !list.isEmpty || row.isFullyDefined else {
      throw .invalidArgument(
        "All except the first dimension must be fully defined when concating an empty tensor list. "
          + "element_shape: \(row)")
    }
    try join.learn()
    guard let row = join.row.fullyDefined else {
      throw .invalidArgument(
        "Trying to concat list with only uninitialized tensors but "
          + "element_shape_except_first_dim_ is not fully defined: \(join.row)")
    }
    var lengths: [Int64] = []
    var total = 0
    for index in 0..<list.count {
      let size: Int
      if let tensor = list[index] {
        size = tensor.shape[0]
      } else {
        size = try join.length(of: index)
      }
      guard let sum = Checked.add(total, size) else {
        throw .invalidArgument("The lengths of elements overflow")
      }
      total = sum
      lengths.append(Int64(size))
    }
    let list = list
    // Within the shape's element count, which is checked where the shape is made.
    try context.join(
      0, list.element.dtype, row.prefixed(by: total), count: list.count,
      length: { Int(lengths[$0]) &* row.elementCount }, tensor: { list[$0] })
    try context.setOutput(1, AnyTensor(lengths, shape: Shape(vector: lengths.count)))
  }
}

/// A list of parts of a tensor along its first dimension, of given lengths.
enum TensorListSplit: OpDeclaration {
  static let signature = OpSignature(
    "TensorListSplit",
    inputs: ["tensor: element_dtype", "element_shape: shape_type", "lengths: int64"],
    outputs: ["output_handle: variant"],
    attributes: ["element_dtype: type", "shape_type: {int32, int64}"])
  static let shapes = ShapeFunction { context in
    let tensor = try context.requireRank(0, atLeast: 1)
    try context.requireRank(2, 1)
    let shape = try context.elementShape(1)
    if tensor.rank != nil { _ = try tensor.replacing(0, with: nil).merged(with: shape) }
    context.setList(0, try context.elementType(), shape)
  }
  static let gradient = GradientRule.dense { context in
    let tensor = try context.input(0)
    let shape = try context.concat(
      [context.constant([-1]), context.rowShape(of: tensor)], axis: context.scalar(0))
    let joined = try context.build(
      "TensorListConcatV2", [context.upstream(0), shape, context.input(2)],
      ["element_dtype": .type(tensor.dtype.base)])
    return [joined, nil, nil]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable(where: ["element_dtype": .everything]) { _ in
    ClosureKernel { context in
      let shape = try context.elementShape(1)
      guard shape.rank != 0 else {
        throw StatusError.invalidArgument(
          "TensorListSplit requires element_shape to be at least of rank 1, but saw: \(shape)")
      }
      let (tensor, lengths) = (try context.input(0), try context.input(2))
      guard tensor.shape.rank > 0 else {
        throw StatusError.invalidArgument(
          "Tensor must be at least a vector, but saw shape: \(tensor.shape)")
      }
      guard try shape.withoutFirst().isCompatible(with: tensor.rowShape) else {
        throw StatusError.invalidArgument(
          "tensor shape \(tensor.shape) is not compatible with element_shape \(shape)")
      }
      guard lengths.shape.rank == 1 else {
        throw StatusError.invalidArgument(
          "Expected lengths to be a vector, received shape: \(lengths.shape)")
      }
      let parts = try parts(of: tensor, lengths.integers())
      try context.setList(0, TensorList(.init(dtype: tensor.dtype, shape: shape), parts))
    }
  }

  private static func parts(
    of tensor: AnyTensor, _ lengths: [Int]
  ) throws(StatusError) -> [AnyTensor?] {
    try ListLimit.check(lengths.count)
    var parts: [AnyTensor?] = []
    var start = 0
    for length in lengths {
      guard length >= 0 else {
        throw .invalidArgument("Invalid value in lengths: \(length)")
      }
      guard let end = Checked.add(start, length), end <= tensor.shape[0] else {
        throw .invalidArgument(
          "Attempting to slice [\(start), \(start &+ length)] from tensor with length "
            + "\(tensor.shape[0])")
      }
      parts.append(try tensor.rows(start..<end))
      start = end
    }
    guard start == tensor.shape[0] else {
      throw .invalidArgument(
        "Unused values in tensor. Length of tensor: \(tensor.shape[0]) Values used: \(start)")
    }
    return parts
  }
}
