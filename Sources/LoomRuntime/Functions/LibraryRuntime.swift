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
  private let functions = Mutex<[FunctionReference: PlannedFunction]>([:])

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
    if let known = functions.withLock({ $0[reference] }) { return known }
    let library = graph.library
    guard let definition = library[reference.name] else {
      throw .invalidArgument(
        "Failed to find function \"\(reference.name)\" in function library: "
          + library.order.joined(separator: ", "))
    }
    let function = PlannedFunction(
      name: reference.name, argumentTypes: try FunctionBody.types(definition.inputs, reference),
      resultTypes: try FunctionBody.types(definition.outputs, reference), budget: budget
    ) { [weak self] () throws(StatusError) -> Plan in
      guard let self else { throw StatusError(.cancelled, "Session has been closed.") }
      return try self.plan(definition, reference)
    }
    return functions.withLock { functions in
      if let other = functions[reference] { return other }
      functions[reference] = function
      return function
    }
  }

  private func plan(
    _ definition: FunctionDefinition, _ reference: FunctionReference
  ) throws(StatusError) -> Plan {
    let body = try FunctionBody(
      definition, attributes: reference.attributes, library: graph.library,
      registry: graph.registry)
    let endpoint = { (output: AnyOutput) in
      Node.Endpoint(node: output.operation.id, index: output.index)
    }
    let planner = Planner(
      snapshot: body.graph.snapshot(), resources: resources, devices: devices, options: options,
      functions: self)
    return try planner.plan(
      RunSignature(
        feeds: body.arguments.map(endpoint), fetches: body.results.map(endpoint),
        targets: body.effects.map(\.id)))
  }
}

extension FunctionBody {
  static func types(
    _ arguments: [OpSignature.Argument], _ reference: FunctionReference
  ) throws(StatusError) -> [DType] {
    var result: [DType] = []
    for argument in arguments { result += try types(of: argument, reference.attributes) }
    return result
  }
}

/// A function whose plan is made at its first call: a function may call itself.
final class PlannedFunction: CompiledFunction {
  let name: String
  let argumentTypes: [DType]
  let resultTypes: [DType]
  private let budget: MemoryBudget
  private let makePlan: @Sendable () throws -> Plan
  private let plan = Mutex<Plan?>(nil)

  /// Calls nest on the thread's own stack; beyond this depth they are refused.
  private static let deepestNesting = 128

  /// How deep the calls of the running task are nested.
  @TaskLocal private static var depth = 0

  init(
    name: String, argumentTypes: [DType], resultTypes: [DType], budget: MemoryBudget,
    makePlan: @escaping @Sendable () throws -> Plan
  ) {
    self.name = name
    self.argumentTypes = argumentTypes
    self.resultTypes = resultTypes
    self.budget = budget
    self.makePlan = makePlan
  }

  func call(
    _ arguments: [AnyTensor], _ services: StepServices
  ) throws(StatusError) -> [AnyTensor] {
    guard arguments.count == argumentTypes.count else {
      throw .invalidArgument(
        "Function '\(name)' expected \(argumentTypes.count) arguments, but got \(arguments.count)")
    }
    for (index, argument) in arguments.enumerated()
    where argument.dtype != argumentTypes[index].base {
      throw .invalidArgument(
        "Argument \(index) of function '\(name)' was passed \(argument.dtype), expected "
          + "\(argumentTypes[index])")
    }
    let nesting = PlannedFunction.depth
    guard nesting < PlannedFunction.deepestNesting else {
      throw .resourceExhausted(
        "Calls of function '\(name)' nest deeper than \(PlannedFunction.deepestNesting)")
    }
    let outcome = PlannedFunction.$depth.withValue(nesting + 1) {
      () -> Result<[AnyTensor], StatusError> in
      do throws(StatusError) { return .success(try run(arguments, services)) } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  private func run(
    _ arguments: [AnyTensor], _ services: StepServices
  ) throws(StatusError) -> [AnyTensor] {
    let plan = try currentPlan()
    let memory = plan.takeMemory(budget: budget)
    let root = memory.frames[0]
    for (index, slot) in plan.feedSlots.enumerated() { root.set(slot, arguments[index]) }
    var executor = RegionExecutor(plan: plan, memory: memory, services: services, trace: nil)
    try executor.run()
    let results = try DirectEngine.collect(plan, root, arguments, inner: executor.inner)
    for slot in plan.feedSlots { root.clear(slot) }
    plan.giveBack(memory)
    return results
  }

  private func currentPlan() throws(StatusError) -> Plan {
    if let plan = plan.withLock({ $0 }) { return plan }
    let made: Plan
    do { made = try makePlan() } catch { throw StatusError.wrapping(error) }
    return plan.withLock { plan in
      if let other = plan { return other }
      plan = made
      return made
    }
  }
}
