import Testing

/// `weirloom bench`.
@Suite struct BenchCommandTests {
  let folder = "Benchmarks/smoke/add_vec4"

  @Test(arguments: ["callable", "run"])
  func `a workload is timed and checked`(_ mode: String) throws {
    let result = try Command.run(
      "bench", "--feeds", folder, "--graph", folder + "/add_vec4.pb", "--iters", "20", "--mode",
      mode, "--json")
    #expect(result.status == 0)
    #expect(result.outputLines.count == 2)
    let report = try result.object()
    #expect(report["workload"] as? String == "add_vec4")
    #expect(report["mode"] as? String == mode)
    #expect(report["mismatches"] as? Int == 0)
    #expect(report["iters"] as? Int == 20)
    for key in ["median_us", "p90_us", "min_us", "cpu_us", "cold_us", "load_us", "peak_rss_mb"] {
      #expect(try #require(report[key] as? Double) > 0, "\(key)")
    }
  }

  @Test func `serving times a batch for each line`() throws {
    let result = try Command.run(
      "bench", "--feeds", folder, "--iters", "5", "--serve", "--json", input: "go\ngo\nq\ngo\n")
    #expect(result.status == 0)
    #expect(result.outputLines.filter { !$0.isEmpty }.count == 2)
  }

  @Test func `a missing workload is named`() throws {
    Command.expectFailure(
      try Command.run("bench", "--feeds", "missing"), mentioning: "missing/manifest.txt")
  }
}
