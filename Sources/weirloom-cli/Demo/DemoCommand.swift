import ArgumentParser
import FoundationEssentials
import Weirloom

/// Trains a small network on images of digits.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Trains a 64-128-10 network on images of digits.",
    discussion: """
      The network is built in Swift, and trained by gradient descent on 1,437 handwritten digits. \
      The other 360 say how well it reads. A run with the same seed prints the same numbers, apart \
      from the times.

      The exit status is 1 if 40 epochs or more end with 97 % or less.
      """)

  @Option(name: .long, help: "How often the network sees each image.")
  var epochs = 40

  @Option(name: .long, help: "Where the weights and the order of the images start from.")
  var seed = 1

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The folder with train.csv and test.csv; by default Data/digits.", valueName: "folder"),
    completion: .directory)
  var data: String?

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard (1...10_000).contains(epochs) else {
      throw ValidationError("--epochs \(epochs): expected 1 to 10000")
    }
  }

  func run() throws {
    let folder = try DigitImages.folder(data)
    let training = try DigitImages(csv: folder + "/train.csv")
    let test = try DigitImages(csv: folder + "/test.csv")
    let trainer = try DigitTrainer(training: training, test: test, seed: seed)
    defer { trainer.close() }
    if !json {
      Console.print(
        """
        \(training.count) images of digits to learn from, \(test.count) to test with, seed \(seed)

        epoch    loss  test accuracy
        """)
    }
    var progress = ProgressBar()
    let report = try trainer.train(epochs: epochs) { epoch in
      progress.clear()
      if !json { Console.print(epoch.line) }
    } progress: { fraction in
      progress.show(fraction)
    }
    Console.print(json ? try JSON.string(report) : report.text)
    if epochs >= 40, report.accuracy <= 0.97 {
      throw StatusError(
        .internal,
        "Expected the network to read more than 97 % of the test images, got "
          + DemoReport.percent(report.accuracy))
    }
  }
}
