public import LoomCore
public import LoomGraph

/// How gradients of one tensor that come from several consumers are added up.
public enum AggregationMethod: Sendable, Hashable {
  /// One `AddN` of all: fastest, holds all terms at once.
  case addN
  /// Pairs, one after the other: holds fewer terms at once.
  case experimentalTree
  /// `AccumulateNV2` where all shapes are known.
  case experimentalAccumulateN
}

/// What stands for the gradient of a tensor that does not influence the result.
public enum UnconnectedGradients: Sendable, Hashable {
  case none
  case zero
}

/// How much of a gradient must be computed before any of it is used.
public enum GradientGating: Sendable, Hashable {
  case none
  /// All gradients of one operation.
  case operation
  /// All gradients.
  case graph
}

/// The choices of ``gradients(of:withRespectTo:upstream:stoppingAt:options:)``.
public struct GradientOptions: Sendable {
  public var aggregation = AggregationMethod.addN
  public var unconnected = UnconnectedGradients.none
  public var gating = GradientGating.none
  /// Places gradients with the operations they belong to.
  public var colocatesWithOperations = false
  /// The name scope of the operations that are added.
  public var name = "gradients"
  /// Rules by name, which come before those of the ops.
  public var registry = GradientRegistry()
  /// The functions whose bodies the gradient is built in, from the outermost.
  var functions: [String] = []

  public init() {}

  /// The choices for the body of a function that is called on the way.
  ///
  /// - Throws: ``StatusError/Code/unimplemented`` if the function calls itself: its gradient would never
  ///   end.
  func forBody(of function: String) throws(StatusError) -> GradientOptions {
    guard !functions.contains(function) else {
      throw .unimplemented(
        "Function '\(function)' calls itself, so that its gradient can't be built ahead of a run")
    }
    var result = GradientOptions()
    result.registry = registry
    result.functions = functions + [function]
    return result
  }
}

/// Gradient rules by name: of ops that have none or another, and of the names that
/// `LoomGraph/Graph/withGradientOverride(_:_:)` refers to.
public struct GradientRegistry: Sendable {
  private var rules: [String: GradientRule] = [:]

  public init() {}

  /// Adds the rule of an op type, or of a name for overrides.
  ///
  /// - Throws: ``StatusError/Code/alreadyExists`` if the name has a rule.
  public mutating func register(_ name: String, _ rule: GradientRule) throws(StatusError) {
    guard rules[name] == nil else {
      throw StatusError(
        .alreadyExists,
        "Registering two gradient with name '\(name)'! (Previous registration stands)"
      )
    }
    rules[name] = rule
  }

  public subscript(name: String) -> GradientRule? { rules[name] }
}

/// A rule that belongs to one graph, as custom gradients do.
struct GraphGradientRule: Sendable {
  static let collection = "_gradient_rules"
  let name: String
  let rule: GradientRule
}
