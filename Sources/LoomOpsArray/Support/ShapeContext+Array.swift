import LoomCore
import LoomGraph

extension ShapeContext {
  /// The value of integer scalar input `index`, if known.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the input is known not to be a scalar.
  func scalarValue(_ index: Int) throws(StatusError) -> Int? {
    try requireRank(index, 0)
    guard let values = partialValue(index), values.count == 1 else { return nil }
    return values[0]
  }

  /// The axis that scalar input `index` names in a tensor of the given rank, if both are known.
  func axisValue(_ index: Int, rank: Int?) throws(StatusError) -> Int? {
    guard let axis = try scalarValue(index), let rank else { return nil }
    guard let resolved = Axis.resolved(axis, rank: rank) else {
      throw .invalidArgument("Dimension must be in the range [-\(rank), \(rank)), got \(axis)")
    }
    return resolved
  }

  /// The size both have to be.
  static func same(_ a: Int?, _ b: Int?) throws(StatusError) -> Int? { try merge(a, b) }

  /// `size / divisor`, which has to come out even.
  static func divide(_ size: Int?, by divisor: Int) throws(StatusError) -> Int? {
    guard let size else { return nil }
    guard divisor > 0, size % divisor == 0 else {
      throw .invalidArgument(
        "Dimension size must be evenly divisible by \(divisor) but is \(size)")
    }
    return size / divisor
  }

  /// The sum of two sizes.
  static func add(_ a: Int?, _ b: Int?) throws(StatusError) -> Int? {
    guard let a, let b else { return nil }
    guard let sum = Checked.add(a, b) else {
      throw .invalidArgument("Dimension size overflow from adding \(a) and \(b)")
    }
    return sum
  }

  /// The product of two sizes.
  static func multiply(_ a: Int?, _ b: Int?) throws(StatusError) -> Int? {
    if a == 0 || b == 0 { return 0 }
    guard let a, let b else { return nil }
    guard let product = Checked.multiply(a, b) else {
      throw .invalidArgument(
        "Negative dimension size caused by overflow when multiplying \(a) and \(b)")
    }
    return product
  }

  /// `a - b`, which must not be negative.
  static func subtract(_ a: Int?, _ b: Int?) throws(StatusError) -> Int? {
    guard let a, let b else { return nil }
    guard let difference = Checked.subtract(a, b), difference >= 0 else {
      throw .invalidArgument(
        "Negative dimension size caused by subtracting \(b) from \(a)")
    }
    return difference
  }
}

extension PartialShape {
  /// The product of the sizes as far as it is known: zero if any size is.
  var knownElementCount: Int? {
    guard let sizes else { return nil }
    if sizes.contains(0) { return 0 }
    return elementCount
  }

  /// The sizes, `rank` unknown ones if the rank is unknown.
  func sizes(rank: Int) -> [Int?] { sizes ?? [Int?](repeating: nil, count: rank) }
}
