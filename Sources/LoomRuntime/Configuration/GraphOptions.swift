/// What happens to graphs before they run (`tensorflow.GraphOptions`).
public struct GraphOptions: Sendable, Hashable {
  public var optimizer = OptimizerOptions()
  public var rewriting = RewritingOptions()
  /// Every so many steps the cost of nodes is reported; 0: never.
  public var costModelInterval = 0
  /// Steps before the first report.
  public var costModelDelay = 0
  /// Whether the graph's definition carries the shapes that were inferred.
  public var infersShapes = false
  /// Whether only what a run needs is placed.
  public var placesPrunedGraph = false
  /// Whether floats travel between processes as bfloat16.
  public var sendsFloatsAsBFloat16 = false

  public init() {}
}

/// Optimisations of the runtime (`tensorflow.OptimizerOptions`).
public struct OptimizerOptions: Sendable, Hashable {
  public enum Level: Int, Sendable, Hashable {
    /// Nothing but what the flags ask for.
    case none = -1
    /// Common subexpressions and constant folding.
    case basic = 0
  }

  public var level = Level.basic
  public var eliminatesCommonSubexpressions = false
  public var foldsConstants = false
  public var inlinesFunctions = false
  /// The largest constant that folding makes, in bytes; 0 picks 10 MiB.
  public var largestFoldedConstant = 0

  public init() {}

  /// Whether constants are folded, by level or flag.
  public var isFoldingConstants: Bool { level == .basic || foldsConstants }
  /// Whether common subexpressions are merged, by level or flag.
  public var isEliminatingCommonSubexpressions: Bool {
    level == .basic || eliminatesCommonSubexpressions
  }
  /// ``largestFoldedConstant`` with its default filled in.
  public var foldedConstantLimit: Int {
    largestFoldedConstant > 0 ? largestFoldedConstant : 10 << 20
  }
}

/// Rewriting of graphs (`tensorflow.RewriterConfig`).
public struct RewritingOptions: Sendable, Hashable {
  public enum Toggle: Int, Sendable, Hashable {
    case byDefault = 0
    case on = 1
    case off = 2
    case aggressive = 3
    case experimentalMLIR = 4
    case experimentalBoth = 5
  }

  public var layout = Toggle.byDefault
  public var constantFolding = Toggle.byDefault
  public var shapes = Toggle.byDefault
  public var remapping = Toggle.byDefault
  public var commonSubgraphs = Toggle.byDefault
  public var arithmetic = Toggle.byDefault
  public var dependencies = Toggle.byDefault
  public var loops = Toggle.byDefault
  public var functions = Toggle.byDefault
  /// Removes assertions, numeric checks and printing; off by default.
  public var debugStripping = Toggle.byDefault
  /// Keeps nodes that no result needs.
  public var disablesModelPruning = false
  /// No rewriting at all.
  public var disablesMetaOptimizer = false
  /// Whether a failing rewrite fails the run.
  public var failsOnErrors = false
  /// The least number of nodes worth rewriting; 0 picks 4, below 0 rewrites all.
  public var minimumNodes = 0
  /// Names of the rewrites to run instead of the usual ones.
  public var optimizers: [String] = []

  public init() {}

  /// Whether a rewrite that is on by default runs.
  public func isEnabled(_ rewrite: KeyPath<RewritingOptions, Toggle>) -> Bool {
    !disablesMetaOptimizer && self[keyPath: rewrite] != .off
  }
}
