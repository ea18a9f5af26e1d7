public import LoomCore

/// A kernel behind one call that was compiled for its exact type.
///
/// The methods of a generic class are reached through a table that holds their unspecialised form,
/// which runs a hundred times slower. A closure made where the type is known holds the specialised one.
public final class SpecializedKernel: Kernel {
  @usableFromInline let body: @Sendable (borrowing KernelContext) throws -> Void

  @usableFromInline init(_ body: @escaping @Sendable (borrowing KernelContext) throws -> Void) {
    self.body = body
  }

  public func compute(_ context: borrowing KernelContext) throws(StatusError) {
    do { try body(context) } catch { throw StatusError.wrapping(error) }
  }
}

/// Wraps a kernel of a generic class where its type is known; every kernel family does.
@inlinable @inline(__always)
public func specialized<K: Kernel>(_ kernel: K) -> any Kernel {
  SpecializedKernel { context in try kernel.compute(context) }
}
