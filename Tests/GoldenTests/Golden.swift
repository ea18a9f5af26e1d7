import Foundation
import LoomTestSupport
import Testing
import Weirloom

/// Every recorded session whose ops are all implemented gives the recorded answers.
@Suite struct GoldenTests {
  static let groups = [
    "array", "control_flow", "linalg", "math", "nn", "parsing", "sparse", "state", "string",
  ]

  @Test(arguments: groups)
  func `recorded sessions give the recorded answers`(_ group: String) throws {
    let data = try Data(contentsOf: Fixtures.url("golden/\(group).golden"))
    let filter = ProcessInfo.processInfo.environment["GOLDEN"]
    let runner = GoldenRunner(registry: .standard)
    var passed = 0
    var failures: [String] = []
    var missing: [String: Int] = [:]
    for test in try GoldenFile.cases(in: data) {
      if let filter, !test.op.contains(filter), !test.name.contains(filter) { continue }
      switch runner.run(test) {
      case .passed: passed += 1
      case .failed(let fault): failures.append("\(test.name) \(test.op): \(fault)")
      case .missing(let ops): for op in ops { missing[op, default: 0] += 1 }
      }
    }
    print("\(group): \(passed) passed, \(failures.count) failed, missing ops: "
      + missing.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    #expect(failures.isEmpty, "\(failures.count) failed:\n\(failures.prefix(40).joined(separator: "\n"))")
  }
}
