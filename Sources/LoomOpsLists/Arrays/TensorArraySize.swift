import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

private let reason = "sizes are integers, and closing has no result"

/// The number of elements of an array.
protocol TensorArraySizing: OpDeclaration {
  static var generation: HandleGeneration { get }
}

extension TensorArraySizing {
  static func declared() -> OpSignature {
    generation.signature(
      "TensorArraySize", inputs: ["flow_in: float"], outputs: ["size: int32"])
  }

  static var shapes: ShapeFunction {
    let generation = generation
    return ShapeFunction { context in
      guard generation != .first else { return }
      try context.requirePair(0)
      context.setOutput(0, .scalar)
    }
  }

  static var gradient: GradientRule { .notDifferentiable(because: reason) }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static var kernels: KernelTable {
    .closure { context in
      try context.setScalar(0, Int32(clamping: context.tensorArray().size()))
    }
  }
}

enum TensorArraySize: TensorArraySizing {
  static let generation = HandleGeneration.first
  static let signature = declared()
}

enum TensorArraySizeV2: TensorArraySizing {
  static let generation = HandleGeneration.second
  static let signature = declared()
}

enum TensorArraySizeV3: TensorArraySizing {
  static let generation = HandleGeneration.third
  static let signature = declared()
}

/// Lets go of the elements of an array before its step ends.
protocol TensorArrayClosing: OpDeclaration {
  static var generation: HandleGeneration { get }
}

extension TensorArrayClosing {
  static func declared() -> OpSignature { generation.signature("TensorArrayClose") }

  static var shapes: ShapeFunction {
    let generation = generation
    return ShapeFunction { context in try generation.requireHandle(context) }
  }

  static var gradient: GradientRule { .notDifferentiable(because: reason) }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static var kernels: KernelTable {
    .closure { context in try context.tensorArray().close() }
  }
}

enum TensorArrayClose: TensorArrayClosing {
  static let generation = HandleGeneration.first
  static let signature = declared()
}

enum TensorArrayCloseV2: TensorArrayClosing {
  static let generation = HandleGeneration.second
  static let signature = declared()
}

enum TensorArrayCloseV3: TensorArrayClosing {
  static let generation = HandleGeneration.third
  static let signature = declared()
}
