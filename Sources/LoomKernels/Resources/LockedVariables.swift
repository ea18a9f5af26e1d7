public import LoomCore
import Synchronization

/// The values of up to four different variables, held under their locks for one update.
public struct LockedVariables: ~Copyable {
  /// As many variables as an update may change at once: the largest optimizers keep three slots.
  public static let limit = 4

  public let count: Int
  @usableFromInline var values: InlineArray<4, AnyTensor?>
  fileprivate var cells: InlineArray<4, VariableCell?>

  fileprivate init(count: Int) {
    self.count = count
    values = InlineArray(repeating: nil)
    cells = InlineArray(repeating: nil)
  }

  /// The value of variable `index`; `nil` while uninitialised.
  public subscript(index: Int) -> AnyTensor? {
    guard index >= 0, index < count else { return nil }
    return values[index]
  }

  /// The shape of variable `index`.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` while uninitialised.
  public func shape(_ index: Int) throws(StatusError) -> Shape {
    guard index >= 0, index < count, let shape = values[index]?.shape else {
      throw .failedPrecondition("Attempting to use uninitialized value \(name(index))")
    }
    return shape
  }

  public func name(_ index: Int) -> String {
    index >= 0 && index < count ? cells[index]?.name ?? "" : ""
  }

  /// The values, all initialised, in memory that is free to write: what someone else holds is
  /// copied first. Use them only while the locks are held, and let them go before reading.
  public mutating func writable(budget: MemoryBudget) throws(StatusError) -> [AnyTensor] {
    var result: [AnyTensor] = []
    result.reserveCapacity(count)
    for index in 0..<count {
      try values[index].makeExclusive(budget: budget)
      guard let tensor = values[index] else {
        throw .failedPrecondition("Attempting to use uninitialized value \(name(index))")
      }
      result.append(tensor)
    }
    return result
  }

  /// Replaces the value of variable `index`.
  public mutating func replace(_ index: Int, with tensor: AnyTensor) {
    if index >= 0, index < count { values[index] = tensor }
  }
}

extension VariableCell {
  /// Runs `body` with the locks of several variables held.
  ///
  /// Locks are taken in the order of the objects' identities, so that updates of overlapping sets of
  /// variables cannot wait for each other in a circle.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if a variable stands twice or there are more
  ///   than ``LockedVariables/limit``; what `body` throws. Values are as `body` left them.
  public static func withLocks(
    on cells: borrowing InlineArray<4, VariableCell?>, count: Int,
    _ body: (inout LockedVariables) throws(StatusError) -> Void
  ) throws(StatusError) {
    guard count >= 0, count <= LockedVariables.limit else {
      throw .invalidArgument("Cannot update \(count) variables at once")
    }
    var locked = LockedVariables(count: count)
    var order = InlineArray<4, Int>(repeating: 0)
    for index in 0..<count {
      guard let cell = cells[index] else { throw .internal("Variable \(index) is missing") }
      locked.cells[index] = cell
      var place = index
      while place > 0, let before = locked.cells[order[place - 1]] {
        if before === cell {
          throw .invalidArgument("The variable '\(cell.name)' is to be updated twice at once")
        }
        guard ObjectIdentifier(cell) < ObjectIdentifier(before) else { break }
        order[place] = order[place - 1]
        place -= 1
      }
      order[place] = index
    }
    try lock(&locked, order, 0, body)
  }

  /// At most four levels deep.
  private static func lock(
    _ locked: inout LockedVariables, _ order: InlineArray<4, Int>, _ depth: Int,
    _ body: (inout LockedVariables) throws(StatusError) -> Void
  ) throws(StatusError) {
    guard depth < locked.count, let cell = locked.cells[order[depth]] else {
      return try body(&locked)
    }
    let index = order[depth]
    try cell.value.withLock { (value: inout sending AnyTensor?) throws(StatusError) in
      // Taken out, so that an update finds the only reference to memory that nobody else reads.
      locked.values[index] = value.take()
      defer { value = locked.values[index].take() }
      try lock(&locked, order, depth + 1, body)
    }
  }
}
