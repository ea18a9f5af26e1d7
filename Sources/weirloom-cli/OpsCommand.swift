import ArgumentParser
import Weirloom

/// Lists the ops of this build.
struct OpsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ops", abstract: "Lists every op: dtypes of its kernels, its gradient, its module."
  )

  @Argument(help: "Only ops whose name contains this.")
  var filter: String?

  @Flag(name: .long, help: "Print a JSON list.")
  var json = false

  private struct Entry: Encodable {
    let name: String
    let dtypes: [String: [String]]
    let gradient: Bool
    let stateful: Bool
    let declared: String
  }

  func run() throws {
    let entries = OpRegistry.standard.all.map(entry).filter { entry in
      filter.map { entry.name.lowercased().contains($0.lowercased()) } ?? true
    }
    if json {
      Console.print(try JSON.string(entries))
      return
    }
    let rows = entries.map { entry in
      let dtypes = entry.dtypes.keys.sorted().map { key in
        "\(key): " + (entry.dtypes[key] ?? []).joined(separator: " ")
      }.joined(separator: "; ")
      return ["\(entry.name)", entry.gradient ? "yes" : "-", entry.declared, dtypes]
    }
    Console.print(Console.table([["op", "gradient", "declared in", "dtypes of kernels"]] + rows))
    Console.note("\(entries.count) ops")
  }

  private func entry(_ definition: any OpDefinition.Type) -> Entry {
    var dtypes: [String: Set<DType>] = [:]
    if let provider = definition as? any KernelProvider.Type {
      for kernel in provider.kernels.entries {
        for (attribute, types) in kernel.constraints {
          dtypes[attribute, default: []].formUnion(types)
        }
      }
    }
    let hasGradient = if case .rule = definition.gradient { true } else { false }
    return Entry(
      name: definition.signature.name, dtypes: dtypes.mapValues { $0.map(\.name).sorted() },
      gradient: hasGradient, stateful: definition.signature.isStateful,
      declared: String(String(reflecting: definition).prefix { $0 != "." }))
  }
}
