public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Texts joined element by element; scalars repeat.
public enum StringJoin: OpDeclaration {
  public static let signature = OpSignature(
    "StringJoin", inputs: ["inputs: N * string"], outputs: ["output: string"],
    attributes: [
      "N: int >= 0",
      "separator: string = \"\"",
    ])
  public static let shapes = ShapeFunction { context in
    // Scalars join with anything, everything else has one shape.
    var result = PartialShape.scalar
    var isKnown = true
    for shape in context.inputs {
      if shape.rank == nil {
        isKnown = false
      } else if shape.rank != 0 {
        result = result.rank == 0 ? shape : try result.merged(with: shape)
      }
    }
    context.setOutput(0, isKnown || result.rank != 0 ? result : .unknown)
  }
  public static let gradient = GradientRule.notDifferentiable(because: "texts have no derivatives")
  public static let kernels = KernelTable { construction in
    JoinKernel(separator: try construction.attributes.bytes("separator"))
  }
}

private final class JoinKernel: Kernel {
  let separator: ByteString

  init(separator: ByteString) { self.separator = separator }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let inputs = try context.inputs()
    var shape = Shape.scalar
    for input in inputs where !input.shape.isScalar {
      guard shape.isScalar || shape == input.shape else {
        throw .invalidArgument("Input shapes do not match: \(shape) vs. \(input.shape)")
      }
      shape = input.shape
    }
    var joined = [[UInt8]](repeating: [], count: shape.elementCount)
    for (position, input) in inputs.enumerated() {
      let texts = try input.span(of: ByteString.self)
      let isScalar = input.shape.isScalar
      for index in joined.indices {
        if position > 0 { joined[index] += separator.bytes }
        joined[index] += texts[isScalar ? 0 : index].bytes
      }
    }
    let results = joined
    try context.makeOutput(0, of: ByteString.self, shape: shape) { output throws(StatusError) in
      for index in results.indices { output[index] = ByteString(bytes: results[index]) }
    }
  }
}

/// Texts joined element by element; scalars repeat.
///
/// - SeeAlso: TensorFlow op `StringJoin`.
public func stringJoin(
  _ inputs: [Output<ByteString>], separator: String = "", name: String? = nil
) throws(StatusError) -> Output<ByteString> {
  guard let first = inputs.first else {
    throw .invalidArgument("Expected at least one input to join, got none")
  }
  return try Output(
    first.graph.addOperation(
      "StringJoin", inputs: inputs.map(\.erased),
      attributes: [
        "N": .int(Int64(inputs.count)), "separator": .string(ByteString(separator)),
      ], name: name
    ).output(0))
}
