import Foundation
import LoomTestSupport
import Testing
import Weirloom

/// Every recorded session whose ops are all implemented gives the recorded answers.
@Suite struct GoldenTests {
  @Test(arguments: GoldenFile.groups)
  func `recorded sessions give the recorded answers`(_ group: String) throws {
    let filter = ProcessInfo.processInfo.environment["GOLDEN"]
    let runner = GoldenRunner(registry: .standard)
    var passed = 0
    var failures: [String] = []
    var missing: [String: Int] = [:]
    for test in try GoldenFile.cases(group) {
      if let filter, !filter.isEmpty, !test.ops.contains(filter), !test.name.contains(filter) {
        continue
      }
      switch runner.run(test) {
      case .passed: passed += 1
      case .failed(let fault): failures.append("\(test.name) \(test.ops): \(fault)")
      case .missing(let ops): for op in ops { missing[op, default: 0] += 1 }
      }
    }
    let ops = missing.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    print(
      "\(group): \(passed) passed, \(failures.count) failed, missing ops: "
        + ops.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    #expect(
      failures.isEmpty, "\(failures.count) failed:\n\(failures.prefix(40).joined(separator: "\n"))")
  }
}
