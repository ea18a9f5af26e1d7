import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// An op on a resource that outlives the step.
protocol StatefulOp: OpDeclaration {}

extension StatefulOp {
  static var gradient: GradientRule { .undefined }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
}

/// An op that makes a resource, or finds it, and outputs its handle.
protocol HandleOp: StatefulOp {}

extension HandleOp {
  /// A pair of strings in the first generation, a resource handle in the second.
  static var shapes: ShapeFunction {
    ShapeFunction { context in
      let isReference = context.outputTypes.first?.isReference ?? false
      context.setOutput(0, isReference ? [2] : .scalar)
    }
  }
}

extension ShapeFunction {
  /// Input 0 is a handle of the first generation, or of the second; every output is a scalar.
  static let scalarOfHandle = ShapeFunction { context in
    try context.checkHandle()
    for index in 0..<context.outputCount { context.setOutput(index, .scalar) }
  }

  /// Input 0 is a handle; nothing is known of any output.
  static let unknownOfHandle = ShapeFunction { context in try context.checkHandle() }
}

extension ShapeContext {
  /// Refuses an input 0 that cannot be a pair of strings where it is a handle of the first generation.
  func checkHandle() throws {
    guard inputTypes.first?.isReference ?? false else { return }
    let size = try requireRank(0, 1)[0]
    _ = try ShapeContext.merge(size, 2)
  }
}
