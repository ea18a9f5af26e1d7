#if Distributed
  import LoomCore
  import LoomGraph

  extension StatusError {
    /// The error with the node that its text names first, if the graph has it.
    ///
    /// Servers send errors as text, the failing node as `[[{{node NAME}}]]` in it.
    func locatedByText(in graph: Graph) -> StatusError {
      let open = "[[{{node "
      let close = "}}]]"
      guard node == nil, let start = reason.firstRange(of: open),
        let end = reason[start.upperBound...].firstRange(of: close)
      else { return self }
      let name = String(reason[start.upperBound..<end.lowerBound])
      guard let operation = try? graph.operation(named: name) else { return self }
      // The tail is written from the node.
      let tail = "\n\t \(open)\(name)\(close)"
      var text = reason
      if let range = text.firstRange(of: tail) { text.removeSubrange(range) }
      return StatusError(code, text, node: Node(name: name, op: operation.node.op))
    }
  }
#endif
