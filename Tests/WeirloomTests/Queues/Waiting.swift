import Weirloom

/// Waits until `condition` holds, ten seconds at most.
func eventually(_ condition: () throws -> Bool) async rethrows -> Bool {
  for _ in 0..<10_000 {
    if try condition() { return true }
    try? await Task.sleep(for: .milliseconds(1))
  }
  return false
}

/// Whether `condition` holds once a run was cancelled: at once in this process; a server hears of it only
/// after the caller was told.
func holdsAfterCancellation(_ condition: () throws -> Bool) async rethrows -> Bool {
  TestTarget.isRemote ? try await eventually(condition) : try condition()
}

extension RunOptions {
  /// Long enough for anything that does not wait.
  static var briefly: RunOptions {
    var options = RunOptions()
    options.timeout = .milliseconds(30)
    return options
  }

  /// For what waits, but must not wait for ever.
  static var patiently: RunOptions {
    var options = RunOptions()
    options.timeout = .seconds(60)
    return options
  }
}

extension Graph {
  /// A vector of numbers.
  func numbers(_ values: Int32...) throws -> Output<Int32> { try constant(values) }
}
