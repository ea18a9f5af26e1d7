public import LoomCore
public import LoomGraph
import Synchronization

/// Whether `LoomGraph/Graph/getVariable(_:_:initializer:options:)-float` makes variables or finds them.
public enum VariableReuse: Sendable, Hashable {
  /// Makes; a name that stands is an error.
  case never
  /// Finds; a name that does not stand is an error.
  case always
  /// Finds what stands and makes the rest.
  case automatic
}

/// Where shared variables are looked up: a prefix of their names, and what happens to known names.
public struct VariableScope: Sendable {
  /// The variables' names begin with this and "/"; empty at the root.
  public internal(set) var name = ""
  public internal(set) var reuse = VariableReuse.never

  /// Scopes of all graphs that the running task is inside of.
  @TaskLocal static var active: [ObjectIdentifier: VariableScope] = [:]

  func fullName(_ variable: String) -> String { name.isEmpty ? variable : name + "/" + variable }
}

/// The shared variables of a graph by name. The graph keeps them, so they do not hold the graph.
final class VariableStore: Sendable {
  static let collection = "_variable_store"
  private let variables = Mutex<[String: @Sendable (Graph) -> AnyVariable]>([:])

  func find(_ name: String, in graph: Graph) -> AnyVariable? {
    variables.withLock { $0[name] }?(graph)
  }

  func add(_ variable: AnyVariable, named name: String) {
    let detached = variable.detached
    variables.withLock { $0[name] = detached }
  }
}

extension Graph {
  /// The scope in which shared variables are looked up now.
  public var variableScope: VariableScope {
    VariableScope.active[ObjectIdentifier(self)] ?? VariableScope()
  }

  /// Shared variables that `body` asks for have names that begin with `name/`; its operations stand
  /// in a name scope of that name.
  ///
  /// - Parameter reuse: As in the enclosing scope where `nil`. An enclosing scope that
  ///   only finds variables cannot be made to make some.
  /// - Throws: ``StatusError/Code/invalidArgument`` for a malformed name; what `body` throws.
  /// - SeeAlso: `tf.variable_scope`.
  public func withVariableScope<R>(
    _ name: String, reuse: VariableReuse? = nil, _ body: () throws(StatusError) -> R
  ) throws(StatusError) -> R {
    var scope = variableScope
    scope.name = scope.fullName(name)
    if let reuse, reuse != .never { scope.reuse = reuse }
    var active = VariableScope.active
    active[ObjectIdentifier(self)] = scope
    return try withNameScope(name) { () throws(StatusError) in
      // `withValue` rethrows untyped; a Result carries the typed error across.
      let result = VariableScope.$active.withValue(active) { () -> Result<R, StatusError> in
        do throws(StatusError) { return .success(try body()) } catch { return .failure(error) }
      }
      return try result.get()
    }
  }

  private func variableStore() throws(StatusError) -> VariableStore {
    if let store = collection(VariableStore.collection, of: VariableStore.self).first {
      return store
    }
    let store = VariableStore()
    try addToCollections([VariableStore.collection], store)
    return store
  }

  /// The shared variable of Float elements of that name in the current variable scope.
  ///
  /// - Parameters:
  ///   - shape: A variable that stands must have it.
  ///   - initializer: From the shape to the first value; Glorot's uniform deviates where `nil`.
  /// - Throws: ``StatusError/Code/invalidArgument`` if the name stands and may not be reused, does not
  ///   stand and may not be made, or stands with another shape or dtype.
  /// - SeeAlso: `tf.get_variable`.
  public func getVariable(
    _ name: String, _ shape: [Int],
    initializer: (([Int]) -> Initializer<Float>)? = nil,
    options: VariableOptions = VariableOptions()
  ) throws(StatusError) -> Variable<Float> {
    try sharedVariable(name, shape, options, initializer ?? { .glorotUniform($0) })
  }

  /// The shared variable of that name and element type in the current variable scope.
  public func getVariable<Scalar: TensorScalar>(
    _ name: String, _ shape: [Int], initializer: ([Int]) -> Initializer<Scalar>,
    options: VariableOptions = VariableOptions()
  ) throws(StatusError) -> Variable<Scalar> {
    try sharedVariable(name, shape, options, initializer)
  }

  private func sharedVariable<Scalar: TensorScalar>(
    _ name: String, _ shape: [Int], _ options: VariableOptions,
    _ initializer: ([Int]) -> Initializer<Scalar>
  ) throws(StatusError) -> Variable<Scalar> {
    let scope = variableScope
    let fullName = scope.fullName(name)
    let store = try variableStore()
    if let known = store.find(fullName, in: self) {
      guard scope.reuse != .never else {
        throw .invalidArgument(
          "Variable \(fullName) already exists, disallowed. Did you mean to set reuse to .always or "
            + ".automatic in the variable scope?")
      }
      let expected = try Shape(shape)
      guard known.shape.isCompatible(with: expected) else {
        throw .invalidArgument(
          "Trying to share variable \(fullName), but specified shape \(expected) and found shape "
            + "\(known.shape).")
      }
      guard known.dtype == Scalar.dtype else {
        throw .invalidArgument(
          "Trying to share variable \(fullName), but specified dtype \(Scalar.dtype) and found "
            + "dtype \(known.dtype).")
      }
      return try Variable(known)
    }
    guard scope.reuse != .always else {
      throw .invalidArgument(
        "Variable \(fullName) does not exist, or was not created with getVariable. Did you mean to "
          + "set reuse to .automatic in the variable scope?")
    }
    let initialValue = initializer(shape)
    let made = try withNameScope(nil) { () throws(StatusError) in
      try anyVariable(scope: fullName, options, Scalar.dtype) { () throws(StatusError) in
        try initialValue.build(in: self)
      }
    }
    store.add(made, named: fullName)
    return try Variable(made)
  }
}
