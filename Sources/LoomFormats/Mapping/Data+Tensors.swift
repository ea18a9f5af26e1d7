package import FoundationEssentials
package import LoomCore

/// Keeps bytes in place for the tensors that read them.
private final class DataOwner: Sendable {
  let data: Data

  init(_ data: Data) { self.data = data }
}

extension AnyTensor {
  /// From this size on, bytes are shared rather than copied.
  private static let smallestShared = 4096

  /// A tensor of a plain dtype over `bytes`, which must have the tensor's exact size. Large contents
  /// are not copied.
  init(
    dtype: DType, shape: Shape, bytes: Data, budget: MemoryBudget
  ) throws(StatusError) {
    if bytes.count >= AnyTensor.smallestShared, dtype != .bool,
      let shared = try AnyTensor(sharing: bytes, dtype: dtype, shape: shape)
    {
      self = shared
      return
    }
    let tensor = try AnyTensor.uninitialized(dtype: dtype, shape: shape, budget: budget)
    try tensor.fill(with: bytes)
    self = tensor
  }

  /// `nil` if the bytes don't lie where elements may.
  private init?(sharing bytes: Data, dtype: DType, shape: Shape) throws(StatusError) {
    let owner = DataOwner(bytes)
    let base = unsafe owner.data.withUnsafeBytes { $0.baseAddress }
    guard let base = unsafe base,
      Int(bitPattern: base) % Swift.min(dtype.byteSize ?? 1, 16) == 0
    else { return nil }
    // Data of this size keeps its bytes in one heap allocation, which stays in place and unchanged
    // while a copy of the value exists: the owner holds one until the last tensor is gone.
    let buffer = unsafe TensorBuffer.borrowing(base, byteCount: owner.data.count) {
      withExtendedLifetime(owner) {}
    }
    try self.init(dtype: dtype, shape: shape, buffer: buffer)
  }

  /// Copies bytes into memory that nobody else holds yet.
  private func fill(with bytes: Data) throws(StatusError) {
    guard buffer.isWritable, bytes.count <= buffer.byteCount else {
      throw .internal("\(bytes.count) bytes do not fit a tensor of \(buffer.byteCount)")
    }
    // The check above bounds the copy; the allocation is fresh, so nothing overlaps.
    unsafe bytes.withUnsafeBytes { source in
      guard let base = source.baseAddress else { return }
      unsafe buffer.pointer.copyMemory(from: base, byteCount: source.count)
    }
    guard dtype == .bool else { return }
    // A Bool of another bit pattern than 0 and 1 is not a Bool.
    let flags = unsafe buffer.pointer.assumingMemoryBound(to: UInt8.self)
    for index in 0..<bytes.count where unsafe flags[index] > 1 { unsafe flags[index] = 1 }
  }

  /// The elements of a plain dtype as bytes, in row-major order. Large contents are not copied.
  package func data() throws(StatusError) -> Data {
    let span = try bytes()
    // The span bounds the copy, or what is shared.
    return unsafe span.withUnsafeBytes { content in
      guard content.count >= AnyTensor.smallestShared,
        let base = unsafe UnsafeMutableRawPointer(mutating: content.baseAddress)
      else { return unsafe Data(content) }
      // Data that does not own its bytes copies them before it changes them. The tensor keeps its buffer
      // until the last copy of the data is gone, and nobody writes to a buffer that others hold.
      return unsafe Data(
        bytesNoCopy: base, count: content.count,
        deallocator: .custom { [self] _, _ in withExtendedLifetime(self) {} })
    }
  }
}
