import LoomTestSupport
import Testing

/// `weirloom summary`, `weirloom ops`, help and completions.
@Suite struct ListingTests {
  @Test func `a summary lists ports, ops and what is unsupported`() throws {
    let result = try Command.run("summary", Fixtures.path("models/mlp/model.pb"), "--json")
    #expect(result.status == 0)
    let summary = try result.object()
    let inputs = try #require(summary["inputs"] as? [[String: Any]])
    #expect(inputs.map { $0["name"] as? String } == ["x:0"])
    #expect(inputs.first?["dtype"] as? String == "float")
    let outputs = try #require(summary["outputs"] as? [[String: Any]])
    #expect(outputs.contains { $0["name"] as? String == "label:0" })
    let ops = try #require(summary["ops"] as? [String: Int])
    #expect(ops["MatMul"] == 4)
    #expect(ops.values.reduce(0, +) == summary["nodes"] as? Int)
    #expect(summary["unsupported"] as? [String: Int] == [:])
  }

  @Test func `the table of a summary says the same`() throws {
    let result = try Command.run("summary", Fixtures.path("models/mlp/model.pb"))
    #expect(result.status == 0)
    #expect(result.output.contains("Inputs (1)\n  x:0  float  [?,20]"))
    #expect(result.output.contains("MatMul"))
  }

  @Test func `a summary of a missing file fails`() throws {
    Command.expectFailure(
      try Command.run("summary", "missing.pb"), mentioning: "missing.pb")
  }

  @Test func `ops lists the dtypes of kernels and gradients`() throws {
    let result = try Command.run("ops", "--json")
    #expect(result.status == 0)
    let ops = try #require(try result.json() as? [[String: Any]])
    let relu = try #require(ops.first { $0["name"] as? String == "Relu" })
    #expect(relu["gradient"] as? Bool == true)
    #expect(relu["declared"] as? String == "LoomOpsNN")
    let dtypes = try #require(relu["dtypes"] as? [String: [String]])
    #expect(dtypes["T"]?.contains("float") == true)
    let names = ops.compactMap { $0["name"] as? String }
    #expect(names == names.sorted())
  }

  @Test func `ops takes a part of a name`() throws {
    let result = try Command.run("ops", "softplus", "--json")
    let ops = try #require(try result.json() as? [[String: Any]])
    #expect(ops.compactMap { $0["name"] as? String } == ["Softplus", "SoftplusGrad"])
  }

  @Test func `help names every command`() throws {
    let result = try Command.run("--help")
    #expect(result.status == 0)
    for command in ["bench", "demo", "ops", "run", "summary"] {
      #expect(result.output.contains("  \(command) "))
      let help = try Command.run("help", command)
      #expect(help.status == 0)
      #expect(help.output.contains("USAGE: weirloom \(command)"))
      #expect(help.output.contains("--json"))
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completions exist`(_ shell: String) throws {
    let result = try Command.run("--generate-completion-script", shell)
    #expect(result.status == 0)
    #expect(result.output.contains("summary"))
  }

  @Test func `an unknown command ends with status 64`() throws {
    Command.expectFailure(try Command.run("walk"), status: 64, mentioning: "walk")
  }
}
