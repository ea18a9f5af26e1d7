import LoomGraph

/// How a variable is made.
public struct VariableOptions: Sendable {
  /// Whether optimizers change it unless told otherwise.
  public var isTrainable = true
  /// A variable of the first generation instead of a resource.
  public var isReference = false
  /// Collections it joins; global variables (and trainable ones, if it is) where `nil`.
  public var collections: [String]?
  /// Whether a value of another shape may be assigned: then the variable's shape is unknown.
  public var validatesShape = true
  /// Variables of one shared name in one container are one; the variable's own name where `nil`.
  public var sharedName: String?
  /// The container of the variable's value.
  public var container: String?

  public init() {}

  /// Not changed by optimizers.
  public static var untrained: VariableOptions {
    var options = VariableOptions()
    options.isTrainable = false
    return options
  }

  /// For one session's own use: not saved, not trained.
  public static var local: VariableOptions {
    var options = VariableOptions.untrained
    options.collections = [CollectionKey.localVariables]
    return options
  }

  /// A variable of the first generation.
  public static var reference: VariableOptions {
    var options = VariableOptions()
    options.isReference = true
    return options
  }

  var allCollections: [String] {
    var result = collections ?? [CollectionKey.globalVariables]
    if isTrainable, !result.contains(CollectionKey.trainableVariables) {
      result.append(CollectionKey.trainableVariables)
    }
    return result
  }
}
