/// Arithmetic on sizes that come from outside: an overflow is an answer, not a trap.
public enum Checked {
  /// `a * b`, or `nil` where the product leaves `Int`.
  @inlinable public static func multiply(_ a: Int, _ b: Int) -> Int? {
    let (value, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? nil : value
  }

  /// `a + b`, or `nil` where the sum leaves `Int`.
  @inlinable public static func add(_ a: Int, _ b: Int) -> Int? {
    let (value, overflow) = a.addingReportingOverflow(b)
    return overflow ? nil : value
  }

  /// `a - b`, or `nil` where the difference leaves `Int`.
  @inlinable public static func subtract(_ a: Int, _ b: Int) -> Int? {
    let (value, overflow) = a.subtractingReportingOverflow(b)
    return overflow ? nil : value
  }

  /// The product of `factors`, `nil` on overflow. A zero anywhere gives zero, as in TensorFlow only
  /// when the factors before it did not overflow.
  @inlinable public static func product(_ factors: some Sequence<Int>) -> Int? {
    var result = 1
    for factor in factors {
      guard let next = multiply(result, factor) else { return nil }
      result = next
    }
    return result
  }
}
