/// What a training run came to.
struct DemoReport: Encodable {
  struct Epoch: Encodable {
    let epoch: Int
    /// The mean over the epoch's steps.
    let loss: Double
    let accuracy: Double

    var line: String {
      let number = String(epoch)
      return String(repeating: " ", count: max(0, 5 - number.count)) + number + "  "
        + Console.number(loss, decimals: 4) + "  " + DemoReport.percent(accuracy)
    }
  }

  /// The only part that differs between two runs with the same seed.
  struct Timing: Encodable {
    var steps = 0
    var microsecondsPerStep = 0.0
  }

  let seed: Int
  private(set) var epochs: [Epoch] = []
  /// Of the last epoch, over the test images.
  private(set) var accuracy = 0.0
  /// How often a digit (the row) was read as another (the column) after the last epoch.
  private(set) var confusion: [[Int]] = []
  private(set) var timing = Timing()

  init(seed: Int) { self.seed = seed }

  mutating func addStep(nanoseconds: Double) {
    timing.steps += 1
    timing.microsecondsPerStep +=
      (nanoseconds / 1e3 - timing.microsecondsPerStep) / Double(timing.steps)
  }

  mutating func addEpoch(loss: Double, predictions: [Int64], labels: [Int32]) {
    confusion = Array(repeating: Array(repeating: 0, count: 10), count: 10)
    for (prediction, label) in zip(predictions, labels) {
      confusion[Int(label)][Int(prediction)] += 1
    }
    accuracy = Double((0..<10).reduce(0) { $0 + confusion[$1][$1] }) / Double(max(labels.count, 1))
    epochs.append(Epoch(epoch: epochs.count + 1, loss: loss, accuracy: accuracy))
  }

  static func percent(_ fraction: Double) -> String {
    Console.number(fraction * 100, decimals: 2) + " %"
  }

  /// The end of the run, for people.
  var text: String {
    let digits = (0..<10).map(String.init)
    let rows = confusion.enumerated().map { digit, counts in
      [String(digit)] + counts.map { $0 == 0 ? "." : String($0) } + [""]
    }
    return """

      Test images by digit (rows) and by what was read (columns):

      \(Console.table([[" "] + digits + [""]] + rows))

      Test accuracy \(DemoReport.percent(accuracy))
      \(timing.steps) steps, \(Console.number(timing.microsecondsPerStep, decimals: 1)) us each
      """
  }
}
