/// Tells people of a run that waits for long: which node, which queue.
struct WaitWarning: Sendable {
  let limit: Duration
  private let write: @Sendable (String) -> Void

  init(limit: Duration, write: @escaping @Sendable (String) -> Void) {
    self.limit = limit
    self.write = write
  }

  func tell(_ waits: [(node: String, summary: String)]) {
    guard !waits.isEmpty else { return }
    let list = waits.map { "\($0.node) (\($0.summary))" }.joined(separator: ", ")
    write("A run has been waiting for more than \(limit): \(list)")
  }
}
