package import LoomCore
import Synchronization

/// Large buffers of a step that are free for reuse: fresh pages cost more than the arithmetic on them.
///
/// Used by one step at a time; the lock is for kernels of a step that run side by side.
package final class BufferPool: Sendable {
  private struct State {
    var free: [Int: [TensorBuffer]] = [:]
  }

  private let state = Mutex(State())

  private let budget: MemoryBudget

  package init(budget: MemoryBudget) { self.budget = budget }

  /// Sizes are rounded up to an eighth of their power of two, so that near sizes share memory.
  private static func rounded(_ bytes: Int) -> Int {
    guard bytes > KernelContext.smallBytes else { return bytes }
    let shift = Swift.max(Int.bitWidth - bytes.leadingZeroBitCount - 4, 0)
    let unit = 1 << shift
    return Checked.add(bytes, unit - 1).map { $0 & ~(unit - 1) } ?? bytes
  }

  package func take(
    dtype: DType, shape: Shape
  ) throws(StatusError) -> AnyTensor {
    guard let size = dtype.byteSize, let bytes = Checked.multiply(size, shape.elementCount),
      bytes > KernelContext.smallBytes
    else { return try .uninitialized(dtype: dtype, shape: shape, budget: budget) }
    let rounded = BufferPool.rounded(bytes)
    let found = state.withLock { $0.free[rounded]?.popLast() }
    let buffer: TensorBuffer
    if let found {
      buffer = found
    } else {
      do throws(StatusError) {
        buffer = try .allocate(byteCount: rounded, budget: budget)
      } catch {
        // The error names the shape that was asked for.
        state.withLock { $0.free.removeAll() }
        return try .uninitialized(dtype: dtype, shape: shape, budget: budget)
      }
    }
    return try AnyTensor(dtype: dtype, shape: shape, buffer: buffer)
  }

  /// Takes back the memory of a tensor that nobody else refers to.
  package func put(_ tensor: consuming AnyTensor) {
    let buffer = tensor.buffer
    state.withLock { $0.free[buffer.byteCount, default: []].append(buffer) }
  }

  package func removeAll() { state.withLock { $0.free.removeAll() } }
}
