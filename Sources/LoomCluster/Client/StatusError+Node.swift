#if Distributed
  import LoomCore
  import LoomGraph

  extension StatusError {
    /// The error with the node that its text names first, if the graph has it.
    ///
    /// Servers send errors as text, the failing node as `[[{{node NAME}}]]` in it; those of placement end
    /// in `[[NAME]]`.
    func locatedByText(in graph: Graph) -> StatusError {
      guard node == nil else { return self }
      for (open, close) in [("[[{{node ", "}}]]"), ("\n\t [[", "]]")] {
        guard let start = reason.firstRange(of: open),
          let end = reason[start.upperBound...].firstRange(of: close)
        else { continue }
        let name = String(reason[start.upperBound..<end.lowerBound])
        guard let operation = try? graph.operation(named: name) else { continue }
        // The tail is written from the node.
        let tail = open.hasPrefix("\n") ? open + name + close : "\n\t \(open)\(name)\(close)"
        var text = reason
        if let range = text.firstRange(of: tail) { text.removeSubrange(range) }
        return StatusError(code, text, node: Node(name: name, op: operation.node.op))
      }
      return self
    }
  }
#endif
