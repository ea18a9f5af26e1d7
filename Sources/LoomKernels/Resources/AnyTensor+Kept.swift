public import LoomCore

extension AnyTensor {
  /// Whether state that outlives a step may keep this memory as it is: ours, and not much more than the
  /// elements.
  var isWorthKeeping: Bool {
    guard buffer.isWritable else { return false }
    guard dtype.byteSize != nil else { return true }
    return buffer.byteCount - Swift.min(byteCount, buffer.byteCount) <= byteCount / 4 + 4096
  }

  /// The same elements in memory that state may keep for as long as it likes: shared if it is ours and
  /// of about that size, copied if it is borrowed from a caller or a small part of something large.
  public func kept(budget: MemoryBudget) throws(StatusError) -> AnyTensor {
    isWorthKeeping ? self : try copied(budget: budget)
  }
}
