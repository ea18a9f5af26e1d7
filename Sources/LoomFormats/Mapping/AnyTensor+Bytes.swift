package import LoomCore

// Tensors of plain dtypes from bytes and back, in row-major order and little-endian, as files keep them.
extension AnyTensor {
  /// - Throws: ``StatusError/Code/dataLoss`` if the number of bytes is not the tensor's.
  package init(
    dtype: DType, shape: Shape, content: ArraySlice<UInt8>, budget: MemoryBudget
  ) throws(StatusError) {
    guard let size = dtype.byteSize, Checked.multiply(shape.elementCount, size) == content.count
    else {
      throw StatusError(
        .dataLoss, "\(content.count) bytes are no tensor of \(dtype) and shape \(shape)")
    }
    let tensor = try AnyTensor.uninitialized(dtype: dtype, shape: shape, budget: budget)
    // The allocation holds `content.count` bytes by the check above, and nobody else refers to it.
    unsafe content.withUnsafeBytes { source in
      guard let base = source.baseAddress else { return }
      unsafe tensor.buffer.pointer.copyMemory(from: base, byteCount: source.count)
    }
    if dtype == .bool {
      // A Bool of another bit pattern than 0 and 1 is not a Bool.
      let flags = unsafe tensor.buffer.pointer.assumingMemoryBound(to: UInt8.self)
      for index in 0..<content.count where unsafe flags[index] > 1 { unsafe flags[index] = 1 }
    }
    self = tensor
  }

  /// - Throws: ``StatusError/Code/internal`` for dtypes whose elements are not plain bytes.
  package func content() throws(StatusError) -> [UInt8] {
    let span = try bytes()
    // The span bounds the copy.
    return unsafe span.withUnsafeBytes { unsafe Array($0) }
  }
}
