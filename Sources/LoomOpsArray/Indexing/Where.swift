public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The positions of elements that are not zero, in row-major order.
public enum Where: OpDeclaration {
  public static let signature = OpSignature(
    "Where", inputs: ["input: T"], outputs: ["index: int64"],
    attributes: [
      "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64, bool} = bool"
    ])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, [nil, context.input(0).rank])
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.trivial(Kernels.self)

  private enum Kernels: TrivialKernelFamily {
    static func kernel<Scalar: TrivialScalar>(
      _ type: Scalar.Type, _ construction: KernelConstruction
    ) throws(StatusError) -> any Kernel {
      ClosureKernel { context in
        let input = try context.input(0)
        try Where.write(positions(input, type), of: input.shape, context)
      }
    }

    /// Flat positions of elements that are not zero; NaN is not, minus zero is.
    static func positions<Scalar: TrivialScalar>(
      _ input: AnyTensor, _ type: Scalar.Type
    ) throws(StatusError) -> [Int] {
      let span = try input.span(of: type)
      var count = 0
      for index in span.indices where span[index] != Scalar.zero { count &+= 1 }
      var result: [Int] = []
      result.reserveCapacity(count)
      for index in span.indices where span[index] != Scalar.zero { result.append(index) }
      return result
    }
  }

  private static func write(
    _ positions: [Int], of shape: Shape, _ context: borrowing KernelContext
  ) throws(StatusError) {
    let rank = shape.rank
    let sizes = shape.sizes
    try context.makeOutput(0, of: Int64.self, shape: Shape([positions.count, rank])) { span in
      for (row, position) in positions.enumerated() {
        var rest = position
        var dimension = rank - 1
        while dimension >= 0 {
          // An element exists, so no size is zero.
          span[row &* rank &+ dimension] = Int64(rest % sizes[dimension])
          rest /= sizes[dimension]
          dimension -= 1
        }
      }
    }
  }
}

/// The positions, `[count, rank]`, at which the condition holds, in row-major order.
///
/// - SeeAlso: TensorFlow op `Where`.
public func positions(
  where condition: Output<Bool>, name: String? = nil
) throws(StatusError) -> Output<Int64> {
  try Output(
    condition.graph.addOperation("Where", inputs: [condition.erased], name: name).output(0))
}
