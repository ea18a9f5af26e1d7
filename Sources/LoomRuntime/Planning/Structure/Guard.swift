/// The condition under which a value is live: all its literals hold. The empty guard always holds.
struct Guard: Hashable {
  /// A predicate, by its number in the region, and the value it has to have.
  ///
  /// A predicate that is itself computed under others has a higher number than they.
  struct Literal: Hashable {
    let predicate: Int
    let holds: Bool

    var negated: Literal { Literal(predicate: predicate, holds: !holds) }
  }

  /// By ascending number.
  private(set) var literals: [Literal] = []

  static let always = Guard()

  func contains(_ literal: Literal) -> Bool { literals.contains(literal) }

  /// Both guards at once; `nil` if that is never.
  func and(_ other: Guard) -> Guard? {
    if other.literals.isEmpty || self == other { return self }
    if literals.isEmpty { return other }
    var result = self
    for literal in other.literals {
      guard let next = result.and(literal) else { return nil }
      result = next
    }
    return result
  }

  func and(_ literal: Literal) -> Guard? {
    var result = self
    let place = literals.firstIndex { $0.predicate >= literal.predicate } ?? literals.count
    if place < literals.count, literals[place].predicate == literal.predicate {
      return literals[place] == literal ? self : nil
    }
    result.literals.insert(literal, at: place)
    return result
  }

  func without(_ literal: Literal) -> Guard {
    var result = self
    result.literals.removeAll { $0 == literal }
    return result
  }

  /// Whether both can hold in one run.
  func isCompatible(with other: Guard) -> Bool {
    !literals.contains { other.contains($0.negated) }
  }

  /// Whether this holds wherever `other` holds.
  func isImplied(by other: Guard) -> Bool { literals.allSatisfy { other.contains($0) } }

  /// The guard that holds when one of the two does, if they are two sides of one predicate.
  func joined(with other: Guard) -> Guard? {
    guard literals.count == other.literals.count else { return nil }
    let different = literals.indices.filter { literals[$0] != other.literals[$0] }
    guard different.count == 1, let index = different.first,
      literals[index] == other.literals[index].negated
    else { return nil }
    return without(literals[index])
  }

  /// The guard that holds when exactly one of `guards` does, if they are the leaves of a tree of
  /// decisions.
  static func join(_ guards: [Guard]) -> Guard? {
    var left = guards
    while left.count > 1 {
      guard let (first, second, joined) = firstPair(in: left) else { return nil }
      left.remove(at: second)
      left[first] = joined
    }
    return left.first
  }

  private static func firstPair(in guards: [Guard]) -> (Int, Int, Guard)? {
    for first in guards.indices {
      for second in guards.indices where second > first {
        if let joined = guards[first].joined(with: guards[second]) {
          return (first, second, joined)
        }
      }
    }
    return nil
  }
}
