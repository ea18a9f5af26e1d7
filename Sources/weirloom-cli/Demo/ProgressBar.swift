/// A bar on standard error, if that is a terminal.
struct ProgressBar {
  private static let width = 40
  /// Between two drawings, in nanoseconds: people see no more.
  private static let pause = 5e7

  private let isShown = Console.standardErrorIsTerminal
  private var isDrawn = false
  private var last = 0.0

  /// - Parameter fraction: What is done, from 0 to 1.
  mutating func show(_ fraction: Double) {
    guard isShown else { return }
    let now = Clock.now()
    guard now - last >= ProgressBar.pause else { return }
    last = now
    isDrawn = true
    let filled = Int((fraction * Double(ProgressBar.width)).rounded(.down))
    let bar =
      String(repeating: "#", count: filled)
      + String(repeating: ".", count: ProgressBar.width - filled)
    Console.note("\r[\(bar)] \(Console.number(fraction * 100, decimals: 0)) %", terminator: "")
  }

  /// Takes the bar away, so that a line can be printed.
  mutating func clear() {
    guard isDrawn else { return }
    isDrawn = false
    Console.note("\r\u{1b}[K", terminator: "")
  }
}
