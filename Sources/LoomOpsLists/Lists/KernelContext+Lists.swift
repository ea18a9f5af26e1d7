import LoomCore
import LoomKernels

extension Variant {
  /// The list that this variant holds.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if it holds something else.
  func list() throws(StatusError) -> TensorList {
    if let list = value as? TensorList { return list }
    if let encoded = value as? EncodedVariant, encoded.typeName == TensorList.typeName {
      return try TensorList(encoded)
    }
    throw notAList()
  }

  @inline(never)
  private func notAList() -> StatusError {
    .invalidArgument("Input handle is not a list. Saw: '\(value?.typeName ?? "<empty>")'")
  }
}

extension KernelContext {
  /// The list in scalar variant input `index`.
  func list(_ index: Int) throws(StatusError) -> TensorList {
    try variant(index, kind: "list").list()
  }

  /// The list in scalar variant input `index`, of elements of the given dtype.
  func list(_ index: Int, of dtype: DType) throws(StatusError) -> TensorList {
    let list = try list(index)
    guard list.element.dtype == dtype else { throw list.element.isNot(dtype) }
    return list
  }

  /// Output 0, the list of input 0 as `body` changes it: in place if nobody else holds it.
  func changeList(
    _ body: (inout TensorList) throws(StatusError) -> Void
  ) throws(StatusError) {
    var variant = try takeVariant(0, to: 0, kind: "list")
    var list = try variant.list()
    variant.value = nil
    try body(&list)
    variant.value = list
    try putVariant(0, variant)
  }

  /// Sets scalar variant output `index` to a list.
  func setList(_ index: Int, _ list: TensorList) throws(StatusError) {
    try putVariant(index, Variant(list))
  }

  /// Input `index` read as the shape of elements: a scalar -1 means nothing is known.
  func elementShape(_ index: Int) throws(StatusError) -> PartialShape {
    let tensor = try input(index)
    guard tensor.shape.rank <= 1 else {
      throw .invalidArgument("Shape must be at most rank 1 but is rank \(tensor.shape.rank)")
    }
    let sizes = try tensor.integers()
    if tensor.shape.isScalar {
      if sizes == [-1] { return .unknown }
      throw .invalidArgument(
        "The only valid scalar shape tensor is the fully unknown shape specified as -1.")
    }
    for size in sizes where size < -1 {
      throw .invalidArgument("Dimension \(size) must be >= -1")
    }
    guard sizes.count <= Shape.maximumRank else {
      throw .invalidArgument("Shape has more than \(Shape.maximumRank) dimensions")
    }
    return PartialShape(sizes)
  }

  /// What is known of the shapes of a list's elements, from input `index` too.
  func elementShape(
    _ index: Int, of list: TensorList
  ) throws(StatusError) -> PartialShape {
    try merge(elementShape(index), list.element.shape)
  }

  /// Zeros as output `index`: what an unset element is read as.
  func setZeros(_ index: Int, _ dtype: DType, _ shape: Shape) throws(StatusError) {
    let output = try allocate(index, dtype: dtype, shape: shape)
    ByteMover(into: output).zeroAll()
  }
}

extension TensorList.ElementType {
  @inline(never)
  func isNot(_ dtype: DType) -> StatusError {
    .invalidArgument("Invalid data types; op elements \(dtype) but list elements \(self.dtype)")
  }
}

/// What is known from either shape.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if they contradict each other, in the words of lists.
func merge(_ a: PartialShape, _ b: PartialShape) throws(StatusError) -> PartialShape {
  guard a.isCompatible(with: b) else {
    if let left = a.rank, let right = b.rank, left != right {
      throw .invalidArgument(
        "PartialTensorShape: Incompatible ranks during merge: \(left) vs. \(right)")
    }
    throw .invalidArgument("PartialTensorShape: Incompatible shapes during merge: \(a) vs. \(b)")
  }
  return try a.merged(with: b)
}

/// What is known of the shape of elements, one of which has shape `shape`.
func merge(_ known: PartialShape, _ shape: Shape) throws(StatusError) -> PartialShape {
  // Most elements say what is known already: nothing is made for them.
  if known.isFullyDefined, known.isCompatible(with: shape) { return known }
  return try merge(known, PartialShape(shape))
}
