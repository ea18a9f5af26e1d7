public import LoomCore

// Elementwise kernels run for every node of small graphs, so what they need of their operands is read
// in place: no retain, no copy of a shape, no allocation where the output's memory of the run before
// is still there. All of this is independent of the scalar type and compiled once.

/// Where an elementwise kernel of one operand reads and writes.
@unsafe @usableFromInline
struct UnaryJob {
  @usableFromInline let source: UnsafeRawPointer
  @usableFromInline let target: UnsafeMutableRawPointer
  @usableFromInline let count: Int
  /// Keeps a variable's value alive, which another kernel may replace meanwhile.
  @usableFromInline let hold: TensorBuffer?
}

/// Where an elementwise kernel of two operands reads and writes.
@unsafe @usableFromInline
struct BinaryJob {
  @usableFromInline let a: UnsafeRawPointer
  @usableFromInline let b: UnsafeRawPointer
  @usableFromInline let target: UnsafeMutableRawPointer
  /// Elements of the result.
  @usableFromInline let count: Int
  /// 1 or 0: an operand with step 0 repeats its only element. Unused if the operands broadcast.
  @usableFromInline let stepA: Int
  @usableFromInline let stepB: Int
  @usableFromInline let elementsOfB: Int
  @usableFromInline let detour: BinaryDetour?
}

/// What few nodes need of a ``BinaryJob``; the others do not pay for its size.
@usableFromInline
final class BinaryDetour: Sendable {
  @usableFromInline let broadcast: Broadcast?
  /// Keep variables' values alive, which another kernel may replace meanwhile.
  private let a: AnyTensor
  private let b: AnyTensor

  init(_ broadcast: Broadcast?, _ a: AnyTensor, _ b: AnyTensor) {
    self.broadcast = broadcast
    self.a = a
    self.b = b
  }
}

extension AnyTensor {
  /// The first element's address, whatever the type.
  @unsafe @inline(__always) fileprivate var address: UnsafeMutableRawPointer {
    unsafe buffer.pointer + byteOffset
  }
}

extension KernelContext {
  /// The pointers stay valid for the call: slots keep their tensors, `hold` keeps a variable's value.
  @unsafe @usableFromInline
  func unaryJob(_ input: DType, _ output: DType) throws(StatusError) -> UnaryJob {
    guard inputCount > 0 else { throw KernelContext.noInput(0, inputCount) }
    guard outputCount > 0 else { throw KernelContext.noOutput(0, outputCount) }
    let slot = unsafe Int(operands[0].slot)
    guard let dtype = unsafe slots[slot].tensor?.dtype,
      let source = unsafe slots[slot].tensor?.address,
      let count = unsafe slots[slot].tensor?.elementCount
    else {
      let x = try self.input(0)
      guard x.dtype == input else { throw KernelContext.mismatch(input, x.dtype) }
      let y = try allocate(0, dtype: output, shape: x.shape)
      return unsafe UnaryJob(
        source: x.address, target: y.address, count: x.elementCount, hold: x.buffer)
    }
    guard dtype == input else { throw KernelContext.mismatch(input, dtype) }
    let target = try unsafe target(dtype: output, like: slot, candidate: 0, or: -1)
    return unsafe UnaryJob(source: source, target: target, count: count, hold: nil)
  }

  /// Checks two operands and finds memory for their elementwise result.
  ///
  /// - Parameter broadcasts: Whether shapes follow numpy's rules; otherwise the operands need equally
  ///   many elements and the result has the first one's shape.
  @unsafe @usableFromInline
  func binaryJob(
    _ input: DType, _ output: DType, broadcasts: Bool
  ) throws(StatusError) -> BinaryJob {
    guard inputCount > 1 else { throw KernelContext.noInput(1, inputCount) }
    guard outputCount > 0 else { throw KernelContext.noOutput(0, outputCount) }
    let slotA = unsafe Int(operands[0].slot)
    let slotB = unsafe Int(operands[1].slot)
    // Variables, and shapes that need more than repeating one element, take the longer way.
    guard let dtypeA = unsafe slots[slotA].tensor?.dtype,
      let dtypeB = unsafe slots[slotB].tensor?.dtype,
      let a = unsafe slots[slotA].tensor?.address, let b = unsafe slots[slotB].tensor?.address,
      let countA = unsafe slots[slotA].tensor?.elementCount,
      let countB = unsafe slots[slotB].tensor?.elementCount,
      let rankA = unsafe slots[slotA].tensor?.shape.rank,
      let rankB = unsafe slots[slotB].tensor?.shape.rank
    else { return try unsafe generalBinaryJob(input, output, broadcasts: broadcasts) }
    guard dtypeA == input, dtypeB == input else {
      throw KernelContext.mismatch(input, dtypeA == input ? dtypeB : dtypeA)
    }
    if unsafe slotA == slotB || slots[slotA].hasShape(of: slots[slotB]) {
      let target = try unsafe target(dtype: output, like: slotA, candidate: 0, or: 1)
      return unsafe BinaryJob(
        a: a, b: b, target: target, count: countA, stepA: 1, stepB: 1, elementsOfB: countB,
        detour: nil)
    }
    if broadcasts, countB == 1, rankB <= rankA {
      let target = try unsafe target(dtype: output, like: slotA, candidate: 0, or: -1)
      return unsafe BinaryJob(
        a: a, b: b, target: target, count: countA, stepA: 1, stepB: 0, elementsOfB: countB,
        detour: nil)
    }
    if broadcasts, countA == 1, rankA <= rankB {
      let target = try unsafe target(dtype: output, like: slotB, candidate: 1, or: -1)
      return unsafe BinaryJob(
        a: a, b: b, target: target, count: countB, stepA: 0, stepB: 1, elementsOfB: countB,
        detour: nil)
    }
    return try unsafe generalBinaryJob(input, output, broadcasts: broadcasts)
  }

  @unsafe @inline(never)
  private func generalBinaryJob(
    _ input: DType, _ output: DType, broadcasts: Bool
  ) throws(StatusError) -> BinaryJob {
    let a = try self.input(0)
    let b = try self.input(1)
    guard a.dtype == input, b.dtype == input else {
      throw KernelContext.mismatch(input, a.dtype == input ? b.dtype : a.dtype)
    }
    var plan: Broadcast?
    var shape = a.shape
    if broadcasts {
      if a.shape != b.shape {
        let broadcast = try Broadcast(a.shape, b.shape)
        shape = broadcast.result
        plan = broadcast
      }
    } else if a.elementCount != b.elementCount {
      throw .invalidArgument(
        "The two arguments to a cwise op must have same number of elements, got "
          + "\(a.elementCount) and \(b.elementCount)")
    }
    let target = try allocate(0, dtype: output, shape: shape)
    return unsafe BinaryJob(
      a: a.address, b: b.address, target: target.address, count: shape.elementCount, stepA: 1,
      stepB: 1, elementsOfB: b.elementCount, detour: BinaryDetour(plan, a, b))
  }

  /// Memory for output 0 in the shape of slot `like`: what the output held in the run before, an
  /// operand's memory that dies here, or fresh memory.
  @unsafe @inline(__always)
  private func target(
    dtype: DType, like slot: Int, candidate: Int, or second: Int
  ) throws(StatusError) -> UnsafeMutableRawPointer {
    let out = outputBase
    if unsafe slots[out].tensor?.dtype == dtype, unsafe slots[out].hasShape(of: slots[slot]),
      unsafe slots[out].tensor?.isUniquelyOwned() == true,
      let address = unsafe slots[out].tensor?.address
    {
      return unsafe address
    }
    return try unsafe slowTarget(dtype: dtype, like: slot, candidate: candidate, or: second)
  }

  @unsafe @inline(never)
  private func slowTarget(
    dtype: DType, like slot: Int, candidate: Int, or second: Int
  ) throws(StatusError) -> UnsafeMutableRawPointer {
    guard let shape = unsafe slots[slot].tensor?.shape else {
      throw .internal("An operand vanished while its kernel ran")
    }
    if second >= 0, unsafe !operands[candidate].isLastUse {
      return try unsafe forwardOrAllocate(second, to: 0, dtype: dtype, shape: shape).address
    }
    return try unsafe forwardOrAllocate(candidate, to: 0, dtype: dtype, shape: shape).address
  }

  @inline(never) static func mismatch(_ expected: DType, _ actual: DType) -> StatusError {
    .internal("Expected a tensor of \(expected), got \(actual)")
  }
}

extension Slot {
  /// Whether both slots hold tensors of equal shapes.
  @inline(__always) func hasShape(of other: borrowing Slot) -> Bool {
    guard let rank = tensor?.shape.rank, rank == other.tensor?.shape.rank,
      tensor?.elementCount == other.tensor?.elementCount
    else { return false }
    for index in 0..<rank where tensor?.shape[index] != other.tensor?.shape[index] { return false }
    return true
  }
}
