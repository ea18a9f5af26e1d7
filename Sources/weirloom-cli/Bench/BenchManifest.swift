import FoundationEssentials
import Weirloom

/// What a workload's folder says of it: one fact a line.
struct BenchManifest {
  struct Port {
    let name: String
    let value: AnyTensor
  }

  private(set) var graph: String?
  private(set) var feeds: [Port] = []
  private(set) var fetches: [Port] = []
  private(set) var targets: [String] = []
  private(set) var initializers: [String] = []
  private(set) var rtol = 1e-3
  private(set) var atol = 1e-4

  init(folder: String) throws(StatusError) {
    let path = folder + "/manifest.txt"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw .notFound("\(path); No such file or directory")
    }
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ").map(String.init)
      guard let kind = fields.first else { continue }
      switch (kind, fields.count) {
      case ("graph", 2): graph = fields[1]
      case ("feed", 4...): feeds.append(try BenchManifest.port(fields, folder))
      case ("fetch", 4...): fetches.append(try BenchManifest.port(fields, folder))
      case ("target", 2): targets.append(fields[1])
      case ("init", 2): initializers.append(fields[1])
      case ("tol", 3):
        rtol = Double(fields[1]) ?? rtol
        atol = Double(fields[2]) ?? atol
      default: continue  // Facts for other tools.
      }
    }
  }

  private static func port(_ fields: [String], _ folder: String) throws(StatusError) -> Port {
    let dtype = fields[3] == "bfloat16" ? DType.bfloat16 : nil
    return Port(
      name: fields[1], value: try AnyTensor(npyFile: folder + "/" + fields[2], as: dtype))
  }
}
