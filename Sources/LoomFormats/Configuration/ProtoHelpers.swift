import LoomCore
import SwiftProtobuf

extension Duration {
  /// `nil` for 0, which messages use for "none".
  init?(milliseconds: Int64) {
    guard milliseconds != 0 else { return nil }
    self = .milliseconds(milliseconds)
  }

  /// Whole milliseconds; what is positive but shorter counts as one.
  var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    let (sum, overflowed) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
    if overflow || overflowed { return seconds < 0 ? .min : .max }
    return sum == 0 && self > .zero ? 1 : sum
  }
}

extension SwiftProtobuf.Enum where RawValue == Int {
  /// Takes the number of one of our own cases. A number that we have no case for, and that stands here
  /// because a client sent it, stays unless something else was chosen.
  mutating func set(_ number: Int) {
    if number == 0, rawValue != 0 { return }
    self = Self(rawValue: number) ?? self
  }

  /// Clears a number that we have a case for.
  mutating func clear(_ isKnown: Bool) {
    if isKnown { self = Self() }
  }
}

extension Message where Self: Equatable {
  /// Changes a part of the message; a part that is absent and would say nothing stays absent.
  mutating func update<Part: Equatable>(
    _ part: WritableKeyPath<Self, Part>, _ change: (inout Part) -> Void
  ) {
    var value = self[keyPath: part]
    change(&value)
    if value != self[keyPath: part] { self[keyPath: part] = value }
  }
}
