/// Which ops make loops. Ops of the registry say so themselves; for unknown ops TensorFlow's names
/// count, so that a graph with loops loads even where control flow is not registered.
struct LoopRoles {
  let registry: OpRegistry

  private static let unregistered: [String: OpRole] = [
    "Merge": .merge, "RefMerge": .merge, "NextIteration": .nextIteration,
    "RefNextIteration": .nextIteration, "Enter": .enter, "RefEnter": .enter, "Exit": .exit,
    "RefExit": .exit,
  ]

  func role(of op: String) -> OpRole {
    registry[op]?.properties.role ?? LoopRoles.unregistered[op] ?? .compute
  }
}

extension ImportPlan {
  /// Makes the new nodes wait for `controls`; those inside of loops inherit it from the loop's entry,
  /// and an edge into a loop from outside would be a fault.
  mutating func addControls(_ controls: [Int], _ nodes: [NodeDefinition], _ roles: LoopRoles) {
    var isInside = [Bool](repeating: false, count: items.count)
    for position in order {
      let inputs = items[position].inputs.map(\.node) + items[position].controls
      let isFed = inputs.contains { source in
        guard source >= base else { return false }
        let role = roles.role(of: nodes[source - base].op)
        return role == .enter || (isInside[source - base] && role != .exit)
      }
      isInside[position] = isFed
      guard !isFed else { continue }
      addControls(controls, to: position)
    }
  }
}
