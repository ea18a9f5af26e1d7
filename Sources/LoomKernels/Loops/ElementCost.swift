/// What an elementwise op costs, for deciding how many threads share a loop.
public protocol ElementCost: SendableMetatype {
  /// Nanoseconds per element on one core.
  static var cost: Double { get }
}

extension ElementCost {
  // Arithmetic is bound by memory: about this much for operands that left the cache.
  @inlinable public static var cost: Double { 0.5 }
}
