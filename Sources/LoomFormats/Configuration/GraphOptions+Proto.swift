import LoomProto
import LoomRuntime
import SwiftProtobuf

extension GraphOptions {
  init(_ message: Tensorflow_GraphOptions) {
    self.init()
    optimizer = OptimizerOptions(message.optimizerOptions)
    rewriting = RewritingOptions(message.rewriteOptions)
    costModelInterval = Int(message.buildCostModel)
    costModelDelay = Int(message.buildCostModelAfter)
    infersShapes = message.inferShapes
    placesPrunedGraph = message.placePrunedGraph
    sendsFloatsAsBFloat16 = message.enableBfloat16Sendrecv
  }
}

extension Tensorflow_GraphOptions {
  /// The message without what ``GraphOptions`` has fields for.
  var uninterpreted: Self {
    var rest = self
    rest.update(\.optimizerOptions) { options in
      options.doCommonSubexpressionElimination = false
      options.doConstantFolding = false
      options.doFunctionInlining = false
      options.maxFoldedConstantInBytes = 0
      options.optLevel.clear(OptimizerOptions.Level(rawValue: options.optLevel.rawValue) != nil)
    }
    rest.update(\.rewriteOptions) { $0 = $0.uninterpreted }
    rest.buildCostModel = 0
    rest.buildCostModelAfter = 0
    rest.inferShapes = false
    rest.placePrunedGraph = false
    rest.enableBfloat16Sendrecv = false
    return rest
  }

  mutating func set(_ options: GraphOptions) {
    update(\.optimizerOptions) { message in
      message.doCommonSubexpressionElimination = options.optimizer.eliminatesCommonSubexpressions
      message.doConstantFolding = options.optimizer.foldsConstants
      message.doFunctionInlining = options.optimizer.inlinesFunctions
      message.maxFoldedConstantInBytes = Int64(options.optimizer.largestFoldedConstant)
      message.optLevel.set(options.optimizer.level.rawValue)
    }
    update(\.rewriteOptions) { $0.set(options.rewriting) }
    buildCostModel = Int64(options.costModelInterval)
    buildCostModelAfter = Int64(options.costModelDelay)
    inferShapes = options.infersShapes
    placePrunedGraph = options.placesPrunedGraph
    enableBfloat16Sendrecv = options.sendsFloatsAsBFloat16
  }
}

extension OptimizerOptions {
  fileprivate init(_ message: Tensorflow_OptimizerOptions) {
    self.init()
    level = Level(rawValue: message.optLevel.rawValue) ?? .basic
    eliminatesCommonSubexpressions = message.doCommonSubexpressionElimination
    foldsConstants = message.doConstantFolding
    inlinesFunctions = message.doFunctionInlining
    largestFoldedConstant = Int(message.maxFoldedConstantInBytes)
  }
}

extension RewritingOptions {
  /// Our toggles and theirs, so that they are read, cleared and written alike.
  fileprivate typealias Pair = (
    WritableKeyPath<RewritingOptions, Toggle>,
    WritableKeyPath<Tensorflow_RewriterConfig, Tensorflow_RewriterConfig.Toggle>
  )

  fileprivate static var toggles: [Pair] {
    [
      (\.layout, \.layoutOptimizer), (\.constantFolding, \.constantFolding),
      (\.shapes, \.shapeOptimization), (\.remapping, \.remapping),
      (\.commonSubgraphs, \.commonSubgraphElimination), (\.arithmetic, \.arithmeticOptimization),
      (\.dependencies, \.dependencyOptimization), (\.loops, \.loopOptimization),
      (\.functions, \.functionOptimization), (\.debugStripping, \.debugStripper),
    ]
  }

  fileprivate init(_ message: Tensorflow_RewriterConfig) {
    self.init()
    for (ours, theirs) in RewritingOptions.toggles {
      self[keyPath: ours] = Toggle(rawValue: message[keyPath: theirs].rawValue) ?? .byDefault
    }
    disablesModelPruning = message.disableModelPruning
    disablesMetaOptimizer = message.disableMetaOptimizer
    failsOnErrors = message.failOnOptimizerErrors
    minimumNodes = Int(message.minGraphNodes)
    optimizers = message.optimizers
  }
}

extension Tensorflow_RewriterConfig {
  fileprivate var uninterpreted: Self {
    var rest = self
    for (_, theirs) in RewritingOptions.toggles {
      let number = rest[keyPath: theirs].rawValue
      rest[keyPath: theirs].clear(RewritingOptions.Toggle(rawValue: number) != nil)
    }
    rest.disableModelPruning = false
    rest.disableMetaOptimizer = false
    rest.failOnOptimizerErrors = false
    rest.minGraphNodes = 0
    rest.optimizers = []
    return rest
  }

  fileprivate mutating func set(_ options: RewritingOptions) {
    for (ours, theirs) in RewritingOptions.toggles {
      self[keyPath: theirs].set(options[keyPath: ours].rawValue)
    }
    disableModelPruning = options.disablesModelPruning
    disableMetaOptimizer = options.disablesMetaOptimizer
    failOnOptimizerErrors = options.failsOnErrors
    minGraphNodes = Int32(clamping: options.minimumNodes)
    optimizers = options.optimizers
  }
}
