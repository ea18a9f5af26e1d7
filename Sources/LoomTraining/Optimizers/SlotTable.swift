import LoomCore
public import LoomGraph
import Synchronization

/// The variables an optimizer keeps beside those it trains. Belongs to one optimizer and its copies.
public final class SlotTable: Sendable {
  private struct Key: Hashable {
    var name: String
    /// `nil` for what all variables of a graph share.
    var variable: AnyVariable?
    var graph: ObjectIdentifier
  }
  private let slots = Mutex<[Key: AnyVariable]>([:])

  public init() {}

  /// The slot of that name that belongs to `variable`; `nil` if there is none (yet).
  public subscript(name: String, variable: AnyVariable) -> AnyVariable? {
    find(Key(name: name, variable: variable, graph: ObjectIdentifier(variable.graph)))
  }

  /// The variable of that name that all variables of a graph share.
  public subscript(name: String, graph: Graph) -> AnyVariable? {
    find(Key(name: name, variable: nil, graph: ObjectIdentifier(graph)))
  }

  private func find(_ key: Key) -> AnyVariable? { slots.withLock { $0[key] } }

  /// A slot of the variable's shape and dtype, made where it does not exist.
  ///
  /// - Parameters:
  ///   - scope: The operation's name follows the variable's: `w/Adam`.
  ///   - value: What its elements start with.
  func make(
    _ name: String, for variable: AnyVariable, scope: String, value: Double = 0
  ) throws(StatusError) {
    guard self[name, variable] == nil else { return }
    let graph = variable.graph
    let dtype = variable.dtype
    let slot = try create("\(variable.key)/\(scope)", beside: variable, dtype) {
      () throws(StatusError) in
      if let shape = variable.shape.fullyDefined {
        return try graph.filled(shape, with: value, dtype, name: value == 0 ? "zeros" : "Const")
      }
      let shape = try graph.build("Shape", [variable.initializedValue()])
      return try graph.build("Fill", [shape, graph.constantScalar(value, dtype)])
    }
    slots.withLock {
      $0[Key(name: name, variable: variable, graph: ObjectIdentifier(graph))] = slot
    }
  }

  /// A scalar that all variables of a graph share, made beside the first of them.
  func makeShared(
    _ name: String, beside variable: AnyVariable, value: Double
  ) throws(StatusError) {
    let graph = variable.graph
    guard self[name, graph] == nil else { return }
    let start = try AnyTensor.scalar(value, variable.dtype)
    let made = try create(name, beside: variable, variable.dtype) { () throws(StatusError) in
      try graph.constantTensor(start, name: "initial_value")
    }
    slots.withLock { $0[Key(name: name, variable: nil, graph: ObjectIdentifier(graph))] = made }
  }

  private func create(
    _ name: String, beside variable: AnyVariable, _ dtype: DType,
    _ value: () throws(StatusError) -> AnyOutput
  ) throws(StatusError) -> AnyVariable {
    var options = VariableOptions.untrained
    options.isReference = !variable.isResource
    let graph = variable.graph
    return try graph.withNameScope(nil) { () throws(StatusError) in
      try graph.withColocation(with: variable.operation) { () throws(StatusError) in
        try graph.anyVariable(scope: name, options, dtype, value)
      }
    }
  }
}
