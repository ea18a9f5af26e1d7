public import LoomCore
public import LoomGraph

extension Graph {
  /// The names of those variables that have no value when the result is fetched, in the order given.
  ///
  /// - Parameter variables: By default all global and local variables of the graph.
  /// - SeeAlso: `tf.compat.v1.report_uninitialized_variables`.
  public func uninitializedVariables(
    _ variables: [AnyVariable]? = nil, name: String = "report_uninitialized_variables"
  ) throws(StatusError) -> Output<ByteString> {
    let all = variables ?? (globalVariables + localVariables)
    return try withNameScope(name) { () throws(StatusError) in
      let names = try constantTensor(
        AnyTensor(all.map { ByteString($0.key) }, shape: Shape(vector: all.count)))
      guard !all.isEmpty else { return try Output(names) }
      var states: [AnyOutput] = []
      for variable in all { states.append(try variable.isInitialized().erased) }
      let missing = try build("LogicalNot", [build("Pack", states)])
      // [count, 1], flattened.
      let positions = try build(
        "Reshape", [build("Where", [missing]), constantVector([-1])])
      return try Output(build("GatherV2", [names, positions, constantInt(0)]))
    }
  }
}
