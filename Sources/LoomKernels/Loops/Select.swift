import LoomCore

// Selection moves elements without looking at them, so plain dtypes share loops by element size.

extension KernelTable {
  /// Rows or elements of one of two tensors: TensorFlow's `Select`.
  package static let select = KernelTable(where: ["T": selectable]) { construction in
    try SelectKernel.make(
      construction.attributes.type("T").base, nodeName: construction.nodeName, broadcasts: false)
  }

  /// Elements of one of two tensors, all operands broadcasting: TensorFlow's `SelectV2`.
  package static let selectV2 = KernelTable(where: ["T": selectable]) { construction in
    try SelectKernel.make(
      construction.attributes.type("T").base, nodeName: construction.nodeName, broadcasts: true)
  }

  private static let selectable: Set<DType> =
    .numeric.union([.bool, .string, .resource, .variant])
}

private enum SelectKernel {
  static func make(_ dtype: DType, nodeName: String, broadcasts: Bool) -> any Kernel {
    switch dtype {
    case .string: kernel(ByteString.self, dtype, nodeName, broadcasts)
    case .resource: kernel(ResourceHandle.self, dtype, nodeName, broadcasts)
    case .variant: kernel(Variant.self, dtype, nodeName, broadcasts)
    default:
      switch dtype.byteSize {
      case 1: kernel(UInt8.self, dtype, nodeName, broadcasts)
      case 2: kernel(UInt16.self, dtype, nodeName, broadcasts)
      case 4: kernel(UInt32.self, dtype, nodeName, broadcasts)
      case 8: kernel(UInt64.self, dtype, nodeName, broadcasts)
      default: kernel(Complex128.self, dtype, nodeName, broadcasts)
      }
    }
  }

  private static func kernel<Element: TensorScalar>(
    _ type: Element.Type, _ dtype: DType, _ nodeName: String, _ broadcasts: Bool
  ) -> any Kernel {
    broadcasts
      ? specialized(BroadcastingSelect<Element>(dtype: dtype))
      : specialized(RowSelect<Element>(dtype, nodeName: nodeName))
  }
}

/// Operands and result of a selection; valid while the tensors are.
@unsafe private struct SelectOperands<Element: TensorScalar> {
  var condition: UnsafePointer<Bool>
  var first: UnsafePointer<Element>
  var second: UnsafePointer<Element>
  var target: UnsafeMutablePointer<Element>

  /// The tensors have the dtype that the kernel was made for, whose elements have `Element`'s layout.
  init(
    _ condition: AnyTensor, _ first: AnyTensor, _ second: AnyTensor, _ target: AnyTensor
  ) throws(StatusError) {
    unsafe self.condition = unsafe try condition.pointer(of: Bool.self)
    unsafe self.first = unsafe UnsafePointer(SelectOperands.elements(of: first))
    unsafe self.second = unsafe UnsafePointer(SelectOperands.elements(of: second))
    unsafe self.target = unsafe SelectOperands.elements(of: target)
  }

  private static func elements(of tensor: AnyTensor) -> UnsafeMutablePointer<Element> {
    unsafe (tensor.buffer.pointer + tensor.byteOffset).assumingMemoryBound(to: Element.self)
  }

  /// Element by element with steps of 0 or 1.
  @inline(never) func run(
    _ range: Range<Int>, _ stepCondition: Int, _ stepFirst: Int, _ stepSecond: Int
  ) {
    if stepCondition == 1 && stepFirst == 1 && stepSecond == 1 {
      for index in range {
        unsafe target[index] = condition[index] ? first[index] : second[index]
      }
    } else {
      for index in range {
        unsafe target[index] =
          condition[index &* stepCondition]
          ? first[index &* stepFirst] : second[index &* stepSecond]
      }
    }
  }

  func advanced(
    _ condition: Int, _ first: Int, _ second: Int, _ target: Int
  ) -> SelectOperands {
    var result = unsafe self
    unsafe result.condition += condition
    unsafe result.first += first
    unsafe result.second += second
    unsafe result.target += target
    return unsafe result
  }
}

private func checkOperands(
  _ condition: AnyTensor, _ first: AnyTensor, _ second: AnyTensor, _ dtype: DType
) throws(StatusError) {
  guard first.dtype == dtype, second.dtype == dtype else {
    throw KernelContext.mismatch(dtype, first.dtype == dtype ? second.dtype : first.dtype)
  }
  guard condition.dtype == .bool else { throw KernelContext.mismatch(.bool, condition.dtype) }
}

private final class BroadcastingSelect<Element: TensorScalar>: Kernel {
  let dtype: DType

  init(dtype: DType) { self.dtype = dtype }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let condition = try context.input(0)
    let (first, second) = (try context.input(1), try context.input(2))
    try checkOperands(condition, first, second, dtype)
    guard let both = Broadcast.commonShape(first.shape, second.shape),
      let shape = Broadcast.commonShape(condition.shape, both)
    else {
      throw .invalidArgument(
        "condition \(condition.shape), then \(first.shape), and else \(second.shape) "
          + "must be broadcastable")
    }
    if condition.elementCount == 1 {
      let chosen = try condition.element(0, of: Bool.self) ? first : second
      if chosen.shape == shape { return try context.setOutput(0, chosen) }
    }
    let target = try context.allocate(0, dtype: dtype, shape: shape)
    let operands = try unsafe SelectOperands<Element>(condition, first, second, target)
    // Operands of the result's size walk, single elements repeat.
    func step(_ tensor: AnyTensor) -> Int? {
      if tensor.elementCount == shape.elementCount { return 1 }
      return tensor.elementCount == 1 ? 0 : nil
    }
    if let stepCondition = step(condition), let stepFirst = step(first),
      let stepSecond = step(second)
    {
      context.workers.parallelFor(count: shape.elementCount, costPerItem: 0.5) { range in
        unsafe operands.run(range, stepCondition, stepFirst, stepSecond)
      }
    } else {
      unsafe walk(operands, [condition.shape, first.shape, second.shape], shape)
    }
  }

  /// Row by row, with strides of 0 along the dimensions in which an operand repeats.
  private func walk(
    _ operands: SelectOperands<Element>, _ shapes: [Shape], _ shape: Shape
  ) {
    guard shape.elementCount > 0 else { return }
    let rank = shape.rank
    let strides = shapes.map { operand in
      let own = operand.strides
      return (0..<rank).map { index in
        let position = index - (rank - operand.rank)
        return position < 0 || operand[position] == 1 ? 0 : own[position]
      }
    }
    let inner = Swift.max(rank - 1, 0)
    let length = rank == 0 ? 1 : shape[inner]
    let steps = strides.map { rank == 0 ? 0 : $0[inner] }
    var position = [Int](repeating: 0, count: inner)
    var offsets = [0, 0, 0]
    var start = 0
    while start < shape.elementCount {
      // Rows lie inside the result, and offsets follow dimensions the operands have.
      unsafe operands.advanced(offsets[0], offsets[1], offsets[2], start)
        .run(0..<length, steps[0], steps[1], steps[2])
      start &+= length
      var dimension = inner - 1
      while dimension >= 0 {
        position[dimension] &+= 1
        for operand in 0..<3 { offsets[operand] &+= strides[operand][dimension] }
        if position[dimension] < shape[dimension] { break }
        for operand in 0..<3 {
          offsets[operand] &-= strides[operand][dimension] &* shape[dimension]
        }
        position[dimension] = 0
        dimension -= 1
      }
    }
  }
}

private final class RowSelect<Element: TensorScalar>: Kernel {
  let dtype: DType
  let nodeName: String

  init(_ dtype: DType, nodeName: String) {
    self.dtype = dtype
    self.nodeName = nodeName
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let condition = try context.input(0)
    let (first, second) = (try context.input(1), try context.input(2))
    try checkOperands(condition, first, second, dtype)
    if condition.shape.isScalar {
      try requireEqual(first.shape, second.shape)
      return try context.setOutput(
        0, condition.element(0, of: Bool.self) ? first : second)
    }
    if condition.shape.rank == 1 && first.shape.rank != 1 {
      guard first.shape.rank > 0 else {
        throw .invalidArgument(
          "'then' must be at least a vector, but saw shape: \(first.shape)")
      }
      guard first.shape[0] == condition.elementCount else {
        throw .invalidArgument(
          "Number of batches of 'then' must match size of 'cond', but saw: \(first.shape[0]) "
            + "vs. \(condition.elementCount)")
      }
      try requireEqual(first.shape, second.shape)
      return try selectRows(context, condition, first, second)
    }
    for (index, shape) in [(1, first.shape), (2, second.shape)] where shape != condition.shape {
      throw .invalidArgument(
        "Inputs to operation \(nodeName) of type Select must have the same size and shape.  "
          + "Input 0: \(condition.shape) != input \(index): \(shape)")
    }
    let target = try context.allocate(0, dtype: dtype, shape: first.shape)
    let operands = try unsafe SelectOperands<Element>(condition, first, second, target)
    context.workers.parallelFor(count: first.elementCount, costPerItem: 0.5) { range in
      unsafe operands.run(range, 1, 1, 1)
    }
  }

  private func selectRows(
    _ context: borrowing KernelContext, _ condition: AnyTensor, _ first: AnyTensor,
    _ second: AnyTensor
  ) throws(StatusError) {
    let target = try context.allocate(0, dtype: dtype, shape: first.shape)
    guard first.elementCount > 0 else { return }
    let operands = try unsafe SelectOperands<Element>(condition, first, second, target)
    let length = first.elementCount / condition.elementCount
    for row in 0..<condition.elementCount {
      // Rows lie inside the result, which has the operands' shape.
      let source = unsafe operands.condition[row] ? operands.first : operands.second
      unsafe (operands.target + row &* length).update(from: source + row &* length, count: length)
    }
  }

  private func requireEqual(_ first: Shape, _ second: Shape) throws(StatusError) {
    guard first == second else {
      throw .invalidArgument(
        "'then' and 'else' must have the same size.  but received: \(first) vs. \(second)")
    }
  }
}
