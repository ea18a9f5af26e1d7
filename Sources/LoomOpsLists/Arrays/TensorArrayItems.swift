import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

// MARK: Read

/// One element of an array.
protocol TensorArrayReading: OpDeclaration {
  static var generation: HandleGeneration { get }
}

extension TensorArrayReading {
  static func declared() -> OpSignature {
    generation.signature(
      "TensorArrayRead", inputs: ["index: int32", "flow_in: float"], outputs: ["value: dtype"],
      attributes: ["dtype: type"])
  }

  static var shapes: ShapeFunction {
    let generation = generation
    return ShapeFunction { context in
      guard generation != .first else { return }
      try context.requirePair(0)
      try context.requireRank(1, 0)
      try context.requireRank(2, 0)
      if generation == .third, let element = context.handle(0)?.first {
        context.setOutput(0, element.shape)
      }
    }
  }

  static var gradient: GradientRule {
    let generation = generation
    return .dense { context in
      let flow = try context.writing(flow: 2, generation) { (array, gradient) throws(StatusError) in
        try array.op("TensorArrayWrite", [context.input(1), gradient])
      }
      return [nil, nil, flow]
    }
  }

  static var properties: OpProperties { OpProperties(isFoldable: false) }

  static var kernels: KernelTable {
    KernelTable(where: ["dtype": .arrayElements]) { construction in
      ReadKernel(try construction.attributes.type("dtype").base)
    }
  }
}

enum TensorArrayRead: TensorArrayReading {
  static let generation = HandleGeneration.first
  static let signature = declared()
}

enum TensorArrayReadV2: TensorArrayReading {
  static let generation = HandleGeneration.second
  static let signature = declared()
}

enum TensorArrayReadV3: TensorArrayReading {
  static let generation = HandleGeneration.third
  static let signature = declared()
}

private final class ReadKernel: Kernel {
  let dtype: DType

  init(_ dtype: DType) { self.dtype = dtype }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let index = try context.int32(1, "TensorArray index")
    let array = try context.tensorArray(of: dtype)
    try context.setOutput(0, array.read(index, budget: context.budget))
  }
}

// MARK: Write

/// Makes a tensor an element of an array.
protocol TensorArrayWriting: OpDeclaration {
  static var generation: HandleGeneration { get }
}

extension TensorArrayWriting {
  static func declared() -> OpSignature {
    generation.signature(
      "TensorArrayWrite", inputs: ["index: int32", "value: T", "flow_in: float"],
      outputs: ["flow_out: float"], attributes: ["T: type"])
  }

  static var shapes: ShapeFunction {
    let generation = generation
    return ShapeFunction { context in
      guard generation != .first else { return }
      try context.requirePair(0)
      try context.requireRank(1, 0)
      try context.requireRank(3, 0)
      if generation == .third, let element = context.handle(0)?.first {
        _ = try element.shape.merged(with: context.input(2))
      }
      context.setOutput(0, .scalar)
    }
  }

  static var gradient: GradientRule {
    let generation = generation
    return .dense { context in
      let dtype = try context.attributes.type("T").base
      let (gradient, flow) = try context.reading(generation) { (array) throws(StatusError) in
        try array.op("TensorArrayRead", [context.input(1)], ["dtype": .type(dtype)])
      }
      return [nil, nil, gradient, flow]
    }
  }

  static var properties: OpProperties { OpProperties(isFoldable: false) }

  static var kernels: KernelTable {
    KernelTable(where: ["T": .arrayElements]) { _ in WriteKernel() }
  }
}

enum TensorArrayWrite: TensorArrayWriting {
  static let generation = HandleGeneration.first
  static let signature = declared()
}

enum TensorArrayWriteV2: TensorArrayWriting {
  static let generation = HandleGeneration.second
  static let signature = declared()
}

enum TensorArrayWriteV3: TensorArrayWriting {
  static let generation = HandleGeneration.third
  static let signature = declared()
}

private final class WriteKernel: Kernel {
  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let index = try context.int32(1, "TensorArray index")
    let array = try context.tensorArray()
    let tensor = try context.input(2)
    guard tensor.dtype == array.dtype else {
      throw array.isNot(tensor.dtype, "is trying to write dtype")
    }
    try array.write(index, tensor, budget: context.budget)
    try context.forward(3, to: 0)
  }
}
