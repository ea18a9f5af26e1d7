#if Distributed
  import Foundation

  /// What a process holds at a moment.
  struct ProcessGauge: Sendable, CustomStringConvertible {
    let residentKilobytes: Int
    let threads: Int
    let descriptors: Int

    init(_ process: Int32) throws {
      let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
      func number(_ key: String) -> Int {
        for line in status.split(separator: "\n") where line.hasPrefix(key + ":") {
          return Int(line.filter(\.isNumber)) ?? 0
        }
        return 0
      }
      residentKilobytes = number("VmRSS")
      threads = number("Threads")
      descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
    }

    var description: String {
      "\(residentKilobytes) kB, \(threads) threads, \(descriptors) descriptors"
    }
  }
#endif
