public import LoomCore

/// What is added to every operation made inside a scope. One value per graph and task.
struct Scope: Sendable {
  /// Ends in "/" unless empty.
  var namePrefix = ""
  var device = DeviceScope()
  var controlDependencies: [ControlDependencyScope] = []
  var colocation: [String] = []
  var container = ""
  var gradientOverrides: [String: String] = [:]
  var attributes: [String: AttributeValue] = [:]
  var flow = ContextScope()

  /// Scopes of all graphs that the running task is inside of.
  @TaskLocal static var active: [ObjectIdentifier: Scope] = [:]
}

/// A control-dependency scope and the operations made inside it: an operation that already depends
/// on one of those needs no edge of its own.
final class ControlDependencyScope: Sendable {
  let dependencies: [Int]
  private let made = LockedSet()

  init(dependencies: [Int]) { self.dependencies = dependencies }

  func contains(_ id: Int) -> Bool { dependencies.contains(id) || made.contains(id) }
  func insert(_ id: Int) { made.insert(id) }
}

/// How devices of nested scopes combine.
struct DeviceScope: Sendable {
  enum Layer: Sendable {
    case specification(DeviceSpecification)
    case function(@Sendable (Operation) throws -> String)
  }
  /// Outermost first.
  var layers: [Layer] = []
}

extension Graph {
  var scope: Scope { Scope.active[ObjectIdentifier(self)] ?? Scope() }

  /// Runs `body` with a changed scope of this graph.
  func withScope<R, E: Error>(
    _ change: (inout Scope) throws(E) -> Void, _ body: () throws(E) -> R
  ) throws(E) -> R {
    var scope = self.scope
    try change(&scope)
    var active = Scope.active
    active[ObjectIdentifier(self)] = scope
    // `withValue` rethrows untyped; a Result carries the typed error across.
    let result = Scope.$active.withValue(active) { () -> Result<R, E> in
      do throws(E) { return .success(try body()) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Operations made by `body` have names that begin with `name/`.
  ///
  /// A name used before is made unique (`a_1/`); a name ending in "/" re-enters that scope exactly;
  /// `nil` or the empty name is the root.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the name is malformed; what `body` throws.
  public func withNameScope<R>(
    _ name: String?, _ body: () throws(StatusError) -> R
  ) throws(StatusError) -> R {
    let prefix = try enterNameScope(name)
    return try withScope({ (scope) throws(StatusError) in scope.namePrefix = prefix }, body)
  }

  /// Operations made by `body` run after all of `operations`.
  public func withControlDependencies<R>(
    on operations: [Operation], _ body: () throws(StatusError) -> R
  ) throws(StatusError) -> R {
    for operation in operations where operation.graph !== self {
      throw .invalidArgument("Operation '\(operation.name)' is not an element of this graph.")
    }
    let entry = ControlDependencyScope(dependencies: operations.map(\.id))
    return try withScope(
      { (scope) throws(StatusError) in scope.controlDependencies.append(entry) }, body)
  }

  /// Operations made by `body` ignore the control dependencies of enclosing scopes, and stand outside
  /// of enclosing loops and conditionals.
  public func withoutControlDependencies<R>(
    _ body: () throws(StatusError) -> R
  ) throws(StatusError) -> R {
    try withContext(nil, body)
  }

  /// Operations made by `body` are placed on `device`, merged over enclosing scopes; `nil` ignores
  /// all enclosing scopes.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the device can't be parsed.
  public func withDevice<R>(
    _ device: String?, _ body: () throws(StatusError) -> R
  ) throws(StatusError) -> R {
    let specification: DeviceSpecification? =
      if let device { try DeviceSpecification(device) } else { nil }
    return try withScope(
      { (scope) throws(StatusError) in
        if let specification {
          scope.device.layers.append(.specification(specification))
        } else {
          scope.device.layers = []
        }
      }, body)
  }

  /// Operations made by `body` are placed where `function` says, merged over enclosing scopes.
  public func withDevice<R>(
    choosing function: @escaping @Sendable (Operation) throws -> String,
    _ body: () throws(StatusError) -> R
  ) throws(StatusError) -> R {
    try withScope(
      { (scope) throws(StatusError) in scope.device.layers.append(.function(function)) }, body)
  }

  /// Operations made by `body` are placed with `operation`.
  ///
  /// - Parameter ignoringExisting: replaces the groups and the device of enclosing scopes.
  public func withColocation<R>(
    with operation: Operation, ignoringExisting: Bool = false,
    _ body: () throws(StatusError) -> R
  ) throws(StatusError) -> R {
    let device = operation.device
    let specification = try DeviceSpecification(device)
    let groups = operation.colocationGroups.isEmpty ? [operation.name] : operation.colocationGroups
    return try withScope(
      { (scope) throws(StatusError) in
        if ignoringExisting {
          scope.colocation = []
          scope.device.layers = []
        }
        scope.colocation = Array(Set(scope.colocation + groups)).sorted()
        if !device.isEmpty { scope.device.layers = [.specification(specification)] }
      }, body)
  }

  /// Stateful operations made by `body` keep their state in `container`.
  public func withContainer<R>(
    _ container: String, _ body: () throws(StatusError) -> R
  ) throws(StatusError) -> R {
    try withScope({ (scope) throws(StatusError) in scope.container = container }, body)
  }

  /// Operations of type `op` made by `body` use the gradient registered under another name.
  public func withGradientOverride<R>(
    _ overrides: [String: String], _ body: () throws(StatusError) -> R
  ) throws(StatusError) -> R {
    try withScope(
      { (scope) throws(StatusError) in scope.gradientOverrides.merge(overrides) { $1 } }, body)
  }
}
