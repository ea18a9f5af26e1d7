public import LoomCore
public import LoomGraph

extension Graph {
  /// The variable that counts training steps; `nil` if there is none.
  public var globalStep: Variable<Int64>? {
    get throws(StatusError) {
      guard let found = collection(CollectionKey.globalStep, of: AnyVariable.self).first else {
        return nil
      }
      return try Variable(found)
    }
  }

  /// The variable that counts training steps, made at 0 if there is none.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there is one that does not hold int64.
  public func getOrCreateGlobalStep() throws(StatusError) -> Variable<Int64> {
    if let step = try globalStep { return step }
    var options = VariableOptions.untrained
    options.collections = [CollectionKey.globalVariables, CollectionKey.globalStep]
    return try withNameScope(nil) { () throws(StatusError) in
      try variable("global_step", initialValue: .constant(Int64(0)), options: options)
    }
  }
}
