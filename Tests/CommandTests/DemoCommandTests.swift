import Foundation
import Testing

/// `weirloom demo`.
@Suite struct DemoCommandTests {
  @Test func `the same seed gives the same numbers`() throws {
    func numbers(seed: String) throws -> NSDictionary {
      let result = try Command.run("demo", "--epochs", "2", "--seed", seed, "--json")
      #expect(result.status == 0)
      #expect(result.errors.isEmpty)
      var report = try result.object()
      #expect(report.removeValue(forKey: "timing") != nil)
      return report as NSDictionary
    }
    let first = try numbers(seed: "7")
    #expect(try numbers(seed: "7") == first)
    #expect(try numbers(seed: "8") != first)
    let epochs = try #require(first["epochs"] as? [[String: Any]])
    #expect(epochs.count == 2)
    #expect(try #require(epochs[1]["loss"] as? Double) < #require(epochs[0]["loss"] as? Double))
    #expect(try #require(first["accuracy"] as? Double) > 0.8)
    let confusion = try #require(first["confusion"] as? [[Int]])
    #expect(confusion.joined().reduce(0, +) == 360)
  }

  @Test func `the images are found from any folder`() throws {
    let scratch = try ScratchFolder()
    let result = try Command.run("demo", "--epochs", "1", in: scratch.url("."))
    #expect(result.status == 0)
    #expect(result.output.contains("Test accuracy"))
  }

  @Test func `a folder without images is named`() throws {
    Command.expectFailure(
      try Command.run("demo", "--data", "missing"), mentioning: "missing/train.csv")
  }

  @Test func `no epochs are refused`() throws {
    Command.expectFailure(
      try Command.run("demo", "--epochs", "0"), status: 64, mentioning: "--epochs 0")
  }
}
