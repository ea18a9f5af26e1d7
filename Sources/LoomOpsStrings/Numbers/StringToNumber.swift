import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Numbers from texts.
public enum StringToNumber: OpDeclaration {
  public static let signature = OpSignature(
    "StringToNumber", inputs: ["string_tensor: string"], outputs: ["output: out_type"],
    attributes: [
      "out_type: {float, double, int32, int64, uint32, uint64} = float"
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.notDifferentiable(because: "texts have no derivatives")
  public static let kernels = KernelTable { construction in
    switch try construction.outputType(0) {
    case .float: kernel(Float.self) { NumberParser.float($0) }
    case .double: kernel(Double.self) { NumberParser.double($0) }
    case .int32: kernel(Int32.self) { NumberParser.integer($0, Int32.self) }
    case .int64: kernel(Int64.self) { NumberParser.integer($0, Int64.self) }
    case .uint32: kernel(UInt32.self) { NumberParser.integer($0, UInt32.self) }
    default: kernel(UInt64.self) { NumberParser.integer($0, UInt64.self) }
    }
  }

  private static func kernel<Scalar: TensorScalar>(
    _ type: Scalar.Type, _ parse: @escaping @Sendable (ByteString) -> Scalar?
  ) -> any Kernel {
    ClosureKernel { context in
      try context.mapTexts(to: Scalar.self) { text throws(StatusError) in
        guard let number = parse(text) else {
          throw .invalidArgument("StringToNumberOp could not correctly convert string: \(text)")
        }
        return number
      }
    }
  }
}
