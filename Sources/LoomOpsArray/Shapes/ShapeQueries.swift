public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

// What shape a tensor has, as a tensor.

extension KernelContext {
  /// Sets output `index` to integers of the output's dtype.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if one does not fit.
  func setIntegers(
    _ index: Int, _ values: [Int], shape: Shape, as dtype: DType
  ) throws(StatusError) {
    guard values.count == shape.elementCount else {
      throw .internal("\(values.count) integers do not fill shape \(shape)")
    }
    if dtype == .int64 {
      try makeOutput(index, of: Int64.self, shape: shape) { span in
        for (position, value) in values.enumerated() { span[position] = Int64(value) }
      }
      return
    }
    for value in values where Int32(exactly: value) == nil {
      throw .invalidArgument("The output type is 32-bit but a value is \(value)")
    }
    try makeOutput(index, of: Int32.self, shape: shape) { span in
      for (position, value) in values.enumerated() {
        span[position] = Int32(truncatingIfNeeded: value)
      }
    }
  }
}

/// The sizes of a tensor's dimensions.
public enum ShapeOp: OpDeclaration {
  public static let signature = OpSignature(
    "Shape", inputs: ["input: T"], outputs: ["output: out_type"],
    attributes: ["T: type", "out_type: {int32, int64} = int32"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, [context.input(0).rank])
  }
  public static let gradient = GradientRule.notDifferentiable(because: "a shape is no number")
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    context.inputShapes[0].sizes
  }
  public static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("out_type")
    return ClosureKernel { context in
      let shape = try context.input(0).shape
      try context.setIntegers(0, shape.sizes, shape: Shape(vector: shape.rank), as: dtype)
    }
  }
}

/// The sizes of several tensors' dimensions.
public enum ShapeN: OpDeclaration {
  public static let signature = OpSignature(
    "ShapeN", inputs: ["input: N * T"], outputs: ["output: N * out_type"],
    attributes: ["N: int >= 1", "T: type", "out_type: {int32, int64} = int32"])
  public static let shapes = ShapeFunction { context in
    for index in 0..<context.outputCount { context.setOutput(index, [context.input(index).rank]) }
  }
  public static let gradient = GradientRule.notDifferentiable(because: "a shape is no number")
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    context.inputShapes.indices.contains(context.output)
      ? context.inputShapes[context.output].sizes : nil
  }
  public static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("out_type")
    return ClosureKernel { context in
      for index in 0..<context.inputCount {
        let shape = try context.input(index).shape
        try context.setIntegers(index, shape.sizes, shape: Shape(vector: shape.rank), as: dtype)
      }
    }
  }
}

/// The number of a tensor's elements.
public enum Size: OpDeclaration {
  public static let signature = OpSignature(
    "Size", inputs: ["input: T"], outputs: ["output: out_type"],
    attributes: ["T: type", "out_type: {int32, int64} = int32"])
  public static let shapes = ShapeFunction.scalar
  public static let gradient = GradientRule.notDifferentiable(because: "a size is no number")
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    [context.inputShapes[0].knownElementCount]
  }
  public static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("out_type")
    return ClosureKernel { context in
      try context.setIntegers(0, [context.input(0).elementCount], shape: .scalar, as: dtype)
    }
  }
}

/// The number of a tensor's dimensions.
public enum Rank: OpDeclaration {
  public static let signature = OpSignature(
    "Rank", inputs: ["input: T"], outputs: ["output: int32"], attributes: ["T: type"])
  public static let shapes = ShapeFunction.scalar
  public static let gradient = GradientRule.notDifferentiable(because: "a rank is no number")
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    [context.inputShapes[0].rank]
  }
  public static let kernels = KernelTable.closure { context in
    try context.setScalar(0, Int32(context.input(0).shape.rank))
  }
}

/// The sizes of the tensor's dimensions, when it runs.
///
/// - SeeAlso: TensorFlow op `Shape`.
public func shape<Scalar: TensorScalar>(
  of input: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Int32> {
  try Output(input.graph.addOperation("Shape", inputs: [input.erased], name: name).output(0))
}

/// The number of the tensor's elements, when it runs.
///
/// - SeeAlso: TensorFlow op `Size`.
public func size<Scalar: TensorScalar>(
  of input: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Int32> {
  try Output(input.graph.addOperation("Size", inputs: [input.erased], name: name).output(0))
}

/// The number of the tensor's dimensions, when it runs.
///
/// - SeeAlso: TensorFlow op `Rank`.
public func rank<Scalar: TensorScalar>(
  of input: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Int32> {
  try Output(input.graph.addOperation("Rank", inputs: [input.erased], name: name).output(0))
}
