#if Distributed
  import Foundation
  import Synchronization
  import Testing

  /// A network of its own for processes of a test, joined to this machine's by one cable that can be cut.
  final class NetworkNamespace: Sendable {
    /// Why no such network can be made here; `nil` where it can.
    static let obstacle: String? = {
      do {
        _ = try NetworkNamespace()
        return nil
      } catch {
        return "network namespaces can't be made here: \(error)"
      }
    }()

    static let isAvailable = obstacle == nil

    /// What makes and changes networks.
    static let command =
      ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"].first {
        FileManager.default.isExecutableFile(atPath: $0)
      }.map { URL(filePath: $0) } ?? URL(filePath: "/usr/sbin/ip")

    let name: String
    /// This machine's address on the cable.
    let host: String
    /// The address of the other end.
    let address: String
    private let cable: (near: String, far: String)

    private static let number = Atomic<Int>(0)

    init() throws {
      // Addresses of the block for benchmarks (RFC 2544), which no real network has; four for each cable.
      let process = Int(ProcessInfo.processInfo.processIdentifier)
      let number = NetworkNamespace.number.add(1, ordering: .relaxed).newValue
      let block = (process &* 16 &+ number) % (1 << 15) * 4
      func address(_ last: Int) -> String {
        let value = block + last
        return "198.\(18 + value >> 16).\(value >> 8 & 255).\(value & 255)"
      }
      name = "weirloom-\(process)-\(number)"
      host = address(1)
      self.address = address(2)
      // Names of network devices have 15 characters at most.
      cable = ("wl\(process)n\(number)", "wl\(process)f\(number)")
      do {
        try NetworkNamespace.ip("netns", "add", name)
        try NetworkNamespace.ip(
          "link", "add", cable.near, "type", "veth", "peer", "name", cable.far, "netns", name)
        try NetworkNamespace.ip("addr", "add", host + "/30", "dev", cable.near)
        try NetworkNamespace.ip("link", "set", cable.near, "up")
        try NetworkNamespace.ip("-n", name, "addr", "add", self.address + "/30", "dev", cable.far)
        try NetworkNamespace.ip("-n", name, "link", "set", cable.far, "up")
        try NetworkNamespace.ip("-n", name, "link", "set", "lo", "up")
      } catch {
        NetworkNamespace.remove(name, cable.near)
        throw error
      }
    }

    /// Lets packets vanish: nobody is told.
    func cut() throws { try NetworkNamespace.ip("-n", name, "link", "set", cable.far, "down") }

    func restore() throws { try NetworkNamespace.ip("-n", name, "link", "set", cable.far, "up") }

    deinit { NetworkNamespace.remove(name, cable.near) }

    private static func remove(_ name: String, _ cable: String) {
      // What is not there need not be removed.
      try? ip("link", "del", cable)
      try? ip("netns", "del", name)
    }

    private static func ip(_ arguments: String...) throws {
      let process = Process()
      process.executableURL = command
      process.arguments = arguments
      let errors = Pipe()
      process.standardError = errors
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      let text = String(
        decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      guard process.terminationStatus == 0 else {
        throw Failure(
          description: "ip \(arguments.joined(separator: " ")): "
            + text.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }

    struct Failure: Error, CustomStringConvertible { let description: String }
  }
#endif
