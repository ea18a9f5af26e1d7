import Foundation
import LoomTestSupport
import Testing
import Weirloom

/// `weirloom run`.
@Suite struct RunCommandTests {
  let model = Fixtures.path("models/mlp/model.pb")
  let feed = "x:0=" + Fixtures.path("models/mlp/feeds/s0_r0_0.npy")

  @Test func `arrays go in and out as npy files`() throws {
    let scratch = try ScratchFolder()
    let result = try Command.run(
      "run", model, "--feed", feed, "--fetch", "probs:0=" + scratch.path("probs.npy"))
    #expect(result.status == 0)
    #expect(result.output.isEmpty)
    #expect(result.errors.isEmpty)
    let value = try AnyTensor(npyFile: scratch.path("probs.npy"))
    let expected = try AnyTensor(npyFile: Fixtures.path("models/mlp/expected/s0_r0_0.npy"))
    let tolerance = Tolerance(relative: 1e-5, absolute: 1e-5)
    #expect(try value.difference(from: expected, tolerance: tolerance) == nil)
  }

  @Test func `a fetch without a file is printed`() throws {
    let result = try Command.run("run", model, "--feed", feed, "--fetch", "label:0")
    #expect(result.status == 0)
    #expect(result.outputLines.first == "label:0 int64[4]")
  }

  @Test func `a text graph answers like a binary one`() throws {
    let text = Fixtures.path("models/mlp_pbtxt/model.pbtxt")
    let feed = "x:0=" + Fixtures.path("models/mlp_pbtxt/feeds/s0_r0_0.npy")
    let result = try Command.run("run", text, "--feed", feed, "--fetch", "label:0", "--json")
    let expected = try AnyTensor(npyFile: Fixtures.path("models/mlp_pbtxt/expected/s0_r0_1.npy"))
    #expect(try result.object()["label:0"] as? [Int] == expected.integers())
    #expect(result.outputLines.count == 2)
  }

  @Test func `a missing model is named`() throws {
    let result = try Command.run("run", "missing.pb", "--fetch", "y:0")
    Command.expectFailure(result, mentioning: "missing.pb")
  }

  @Test func `an unknown fetch is named`() throws {
    let result = try Command.run("run", model, "--feed", feed, "--fetch", "nothing:0")
    Command.expectFailure(result, mentioning: "nothing")
  }

  @Test func `an unknown feed is named`() throws {
    let result = try Command.run(
      "run", model, "--feed", "nothing:0=x.npy", "--fetch", "label:0")
    Command.expectFailure(result, mentioning: "nothing")
  }

  @Test func `a placeholder that is not fed is named`() throws {
    let result = try Command.run("run", model, "--fetch", "label:0")
    Command.expectFailure(result, mentioning: "'x'")
  }

  @Test(arguments: ["missing.npy", "missing.json"])
  func `a missing value is named`(_ file: String) throws {
    let result = try Command.run("run", model, "--feed", "x:0=" + file, "--fetch", "label:0")
    Command.expectFailure(result, mentioning: "NOT_FOUND: " + file)
  }

  @Test func `a file that is no array is refused`() throws {
    let scratch = try ScratchFolder()
    try Data("not an array".utf8).write(to: scratch.url("x.npy"))
    let result = try Command.run(
      "run", model, "--feed", "x:0=" + scratch.path("x.npy"), "--fetch", "label:0")
    Command.expectFailure(result, mentioning: "npy")
  }

  @Test func `a value of another shape is refused`() throws {
    let scratch = try ScratchFolder()
    let value = try Tensor<Float>([1, 2, 3]).erased
    try Data(try value.npy()).write(to: scratch.url("x.npy"))
    let result = try Command.run(
      "run", model, "--feed", "x:0=" + scratch.path("x.npy"), "--fetch", "label:0")
    Command.expectFailure(result, mentioning: "x:0")
    #expect(result.errors.contains("[3]") || result.errors.contains("(3,)"))
  }

  @Test func `a file that is no graph is refused`() throws {
    let result = try Command.run(
      "run", Fixtures.path("models/mlp/feeds/s0_r0_0.npy"), "--fetch", "label:0")
    Command.expectFailure(result, mentioning: "s0_r0_0.npy")
  }

  @Test func `misuse ends with status 64`() throws {
    let nothing = try Command.run("run", model)
    Command.expectFailure(nothing, status: 64, mentioning: "--fetch")
    let feed = try Command.run("run", model, "--feed", "x:0", "--fetch", "label:0")
    Command.expectFailure(feed, status: 64, mentioning: "--feed x:0")
  }
}
