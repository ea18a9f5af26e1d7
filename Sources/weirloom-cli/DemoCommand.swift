import ArgumentParser
import Weirloom

/// Trains a small network on images of digits.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Trains a 64-128-10 network on handwritten digits.")

  func run() throws {}
}
