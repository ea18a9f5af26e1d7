import ArgumentParser
import Weirloom

/// Says what a model file holds.
struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Shows inputs, outputs, ops, variables and unsupported ops of a model.")

  @Argument(
    help: "A binary (.pb) or text (.pbtxt) GraphDef, or a MetaGraphDef (.meta).",
    completion: .file(extensions: LoadedModel.fileExtensions))
  var model: String

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  private struct Summary: Encodable {
    struct Port: Encodable {
      let name: String
      let dtype: String
      let shape: [Int?]?
    }
    let nodes: Int
    let functions: Int
    let producer: Int
    let inputs: [Port]
    let outputs: [Port]
    let variables: [String]
    let ops: [String: Int]
    let unsupported: [String: Int]
  }

  func run() throws {
    let loaded = try LoadedModel(path: model)
    let port = { (output: AnyOutput) in
      Summary.Port(name: output.name, dtype: output.dtype.name, shape: output.shape.sizes)
    }
    let summary = Summary(
      nodes: loaded.graph.operationCount, functions: loaded.definition.library.all.count,
      producer: loaded.definition.versions.producer, inputs: loaded.inputs.map(port),
      outputs: loaded.outputs.map(port), variables: loaded.variables.map { $0.name },
      ops: loaded.opCounts, unsupported: loaded.unsupportedOps)
    Console.print(json ? try JSON.string(summary) : text(summary))
  }

  private func text(_ summary: Summary) -> String {
    var lines = [
      "\(summary.nodes) nodes, \(summary.functions) functions, producer \(summary.producer)"
    ]
    func list(_ title: String, _ ports: [Summary.Port]) {
      lines.append("\(title) (\(ports.count))")
      let rows = ports.prefix(40).map { port in
        let shape =
          port.shape.map {
            "[" + $0.map { $0.map(String.init) ?? "?" }.joined(separator: ",") + "]"
          }
          ?? "<unknown>"
        return ["  " + port.name, port.dtype, shape]
      }
      if !rows.isEmpty { lines.append(Console.table(rows)) }
      if ports.count > 40 { lines.append("  … \(ports.count - 40) more") }
    }
    list("Inputs", summary.inputs)
    list("Outputs", summary.outputs)
    lines.append("Variables (\(summary.variables.count))")
    lines += summary.variables.prefix(40).map { "  \($0)" }
    lines.append("Ops (\(summary.ops.count))")
    let counts = summary.ops.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    lines.append(Console.table(counts.map { ["  " + $0.key, String($0.value), ""] }))
    if !summary.unsupported.isEmpty {
      lines.append("Unsupported ops (\(summary.unsupported.count))")
      lines += summary.unsupported.sorted { $0.key < $1.key }.map {
        "  \($0.key): \($0.value) nodes"
      }
    }
    return lines.joined(separator: "\n")
  }
}
