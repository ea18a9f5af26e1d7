import LoomCore
import LoomGraph
import LoomKernels

extension DirectEngine {
  /// Adds to the error of an uninitialised variable which others the run would have stumbled over.
  @inline(never)
  func explain(_ error: StatusError, _ plan: Plan) -> StatusError {
    guard error.code == .failedPrecondition || error.code == .notFound, let node = error.node else {
      return error
    }
    let missing = plan.nodes.filter { isUninitializedVariable($0) }.map(\.name).sorted()
    guard missing.count > 1, !missing.isEmpty else { return error }
    return StatusError(
      error.code,
      "\(error.reason)\nUninitialized variables that this run needs: "
        + missing.joined(separator: ", "), node: node)
  }

  private func isUninitializedVariable(_ node: Node) -> Bool {
    guard node.properties.makesResource, node.attributes["shape"] != nil,
      node.attributes["dtype"] != nil
    else { return false }
    let name = (try? node.attributes.string("shared_name")) ?? ""
    let container = (try? node.attributes.string("container")) ?? ""
    let cell = try? resources.find(
      VariableCell.self, container: container, name: name.isEmpty ? node.name : name)
    return !(cell?.isInitialized ?? false)
  }
}
