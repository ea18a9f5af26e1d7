import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Scrambles a pair of seeds into the key and counter of a generator.
public enum StatelessRandomGetKeyCounter: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessRandomGetKeyCounter", inputs: ["seed: Tseed"],
    outputs: ["key: uint64", "counter: uint64"],
    attributes: [
      "Tseed: {int32, int64} = int64"
    ])
  public static let shapes = ShapeFunction { try $0.setKeyAndCounterShapes() }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.closure { try $0.setKeyAndCounter() }
}

/// Scrambles a pair of seeds and names the algorithm to use with the result.
public enum StatelessRandomGetKeyCounterAlg: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessRandomGetKeyCounterAlg", inputs: ["seed: Tseed"],
    outputs: ["key: uint64", "counter: uint64", "alg: int32"],
    attributes: [
      "Tseed: {int32, int64} = int64"
    ])
  public static let shapes = ShapeFunction { context in
    try context.setKeyAndCounterShapes()
    context.setOutput(2, .scalar)
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.closure { context in
    try context.setKeyAndCounter()
    try context.setScalar(2, Int32(1))
  }
}

/// The number of the algorithm that random ops use here: 1, Philox.
public enum StatelessRandomGetAlg: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessRandomGetAlg", outputs: ["alg: int32"], isStateful: true)
  public static let shapes = ShapeFunction.scalar
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.closure { try $0.setScalar(0, Int32(1)) }
}

extension ShapeContext {
  fileprivate func setKeyAndCounterShapes() throws(StatusError) {
    try requireVector(0, of: 2)
    setOutput(0, [1])
    setOutput(1, [2])
  }
}

extension KernelContext {
  fileprivate func setKeyAndCounter() throws(StatusError) {
    let generator = try StatelessPosition.scrambled(input(0))
    try makeOutput(0, of: UInt64.self, shape: Shape(vector: 1)) { span throws(StatusError) in
      span[0] = generator.key
    }
    try makeOutput(1, of: UInt64.self, shape: Shape(vector: 2)) { span throws(StatusError) in
      span[0] = generator.low
      span[1] = generator.high
    }
  }
}
