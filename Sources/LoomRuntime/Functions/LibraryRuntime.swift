import LoomCore
import LoomGraph
import LoomKernels
import Synchronization

/// Plans functions of a graph's library at their first call, once for each set of attributes.
final class LibraryRuntime: FunctionRuntime {
  private let graph: Graph
  private let resources: ResourceManager
  private let devices: DeviceSet
  private let options: Planner.Options
  private let budget: MemoryBudget
  private let functions = Mutex(Instances())

  private struct Instances {
    var planned: [FunctionReference: PlannedFunction] = [:]
    /// How many instances with attributes each function has.
    var counts: [String: Int] = [:]

    /// A name for the instance of a function, for state that its nodes keep.
    mutating func name(_ reference: FunctionReference) -> String {
      guard !reference.attributes.isEmpty else { return reference.name }
      counts[reference.name, default: 0] += 1
      return "\(reference.name)[\(counts[reference.name, default: 0])]"
    }
  }

  init(
    graph: Graph, resources: ResourceManager, devices: DeviceSet, options: Planner.Options,
    budget: MemoryBudget
  ) {
    self.graph = graph
    self.resources = resources
    self.devices = devices
    self.options = options
    self.budget = budget
  }

  func instantiate(_ reference: FunctionReference) throws(StatusError) -> any CompiledFunction {
    if let known = functions.withLock({ $0.planned[reference] }) { return known }
    let library = graph.library
    guard let definition = library[reference.name] else {
      throw .invalidArgument(
        "Failed to find function \"\(reference.name)\" in function library: "
          + library.order.joined(separator: ", "))
    }
    let argumentTypes = try LibraryRuntime.types(definition.inputs, reference)
    let resultTypes = try LibraryRuntime.types(definition.outputs, reference)
    return functions.withLock { functions in
      if let other = functions.planned[reference] { return other }
      let instance = functions.name(reference)
      let function = PlannedFunction(
        name: reference.name, argumentTypes: argumentTypes, resultTypes: resultTypes,
        budget: budget
      ) { [weak self] () throws(StatusError) -> Plan in
        guard let self else { throw StatusError(.cancelled, "Session has been closed.") }
        return try self.plan(definition, reference, instance)
      }
      functions.planned[reference] = function
      return function
    }
  }

  func loop(
    while condition: any CompiledFunction, calling body: any CompiledFunction
  ) throws(StatusError) -> any CompiledLoop {
    guard let condition = condition as? PlannedFunction, let body = body as? PlannedFunction else {
      throw .internal("A loop over functions of another runtime")
    }
    return try PlannedLoop(while: condition, calling: body, budget: budget)
  }

  private func plan(
    _ definition: FunctionDefinition, _ reference: FunctionReference, _ instance: String
  ) throws(StatusError) -> Plan {
    let body = try FunctionGraph(definition, attributes: reference.attributes, in: graph)
    let endpoint = { (output: AnyOutput) in
      Node.Endpoint(node: output.operation.id, index: output.index)
    }
    var options = options
    options.ownsFeeds = true
    let planner = Planner(
      snapshot: body.graph.snapshot(), resources: resources, devices: devices, options: options,
      functions: self, function: instance)
    return try planner.plan(
      RunSignature(
        feeds: body.arguments.map(endpoint), fetches: body.results.map(endpoint),
        targets: body.effects.map(\.id)))
  }

  private static func types(
    _ arguments: [OpSignature.Argument], _ reference: FunctionReference
  ) throws(StatusError) -> [DType] {
    var result: [DType] = []
    for argument in arguments {
      result += try FunctionNames.types(of: argument, reference.attributes)
    }
    return result
  }
}

extension FunctionGraph {
  /// Operations that run in every call though no result needs them: the control outputs, and whatever
  /// has effects.
  fileprivate var effects: [Operation] {
    var effects = controlResults.map(\.operation)
    for operation in graph.operations {
      let node = operation.node
      if node.isStateful, node.properties.role == .compute || node.properties.role == .call,
        !effects.contains(operation)
      {
        effects.append(operation)
      }
    }
    return effects
  }
}
