public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Sums of products of one or two tensors, by Einstein's convention.
public enum Einsum: OpDeclaration, AccumulatingKernelFamily {
  public static let signature = OpSignature(
    "Einsum", inputs: ["inputs: N * T"], outputs: ["output: T"],
    attributes: [
      "equation: string",
      "N: int >= 1",
      "T: type",
    ])
  public static let shapes = ShapeFunction { try $0.setEinsumShape() }
  public static let gradient = GradientRule.dense { try EinsumGradient($0).inputs() }
  public static let kernels = KernelTable.accumulating(
    Einsum.self,
    over: Set<DType>.floating.union(Set<DType>.complex).union([.int32, .int64]))

  public static func kernel<Scalar: AccumulatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(
      EinsumKernel<Scalar>(try EinsumEquation(construction.attributes.string("equation"))))
  }
}

extension ShapeContext {
  fileprivate func setEinsumShape() throws(StatusError) {
    let text = try attributes.string("equation")
    let equation = try EinsumEquation(text)
    guard equation.inputs.count == inputCount else {
      throw .invalidArgument(
        "Expected \(equation.inputs.count) inputs for equation \(text) but got: \(inputCount)")
    }
    var sizes: [Character: Int?] = [:]
    var hidden = PartialShape.scalar
    for (index, subscripts) in equation.inputs.enumerated() {
      let named = subscripts.filter { $0 != "." }.count
      let hasEllipsis = named < subscripts.count
      let shape =
        hasEllipsis ? try requireRank(index, atLeast: named) : try requireRank(index, named)
      guard let rank = shape.rank, let labels = EinsumEquation.labels(subscripts, rank: rank)
      else {
        if hasEllipsis { hidden = .unknown }
        for label in subscripts where label != "." && sizes[label] == nil {
          sizes[label] = .some(nil)
        }
        continue
      }
      var hiddenSizes: [Int?] = []
      for (axis, label) in labels.enumerated() {
        switch label {
        case .named(let name):
          sizes[name] = .some(try ShapeContext.merge(sizes[name] ?? nil, shape[axis]))
        case .hidden: hiddenSizes.append(shape[axis])
        }
      }
      hidden = try hidden.broadcast(with: PartialShape(hiddenSizes))
    }
    guard equation.output.contains(".") else {
      if let rank = hidden.rank, rank > 0 {
        throw .invalidArgument("Shape must be at most rank 0 but is rank \(rank)")
      }
      return setOutput(0, PartialShape(equation.output.map { sizes[$0] ?? nil }))
    }
    guard let hiddenSizes = hidden.sizes else { return }
    var result: [Int?] = []
    var dots = 0
    for label in equation.output {
      if label != "." {
        result.append(sizes[label] ?? nil)
      } else {
        if dots == 0 { result += hiddenSizes }
        dots += 1
      }
    }
    setOutput(0, PartialShape(result))
  }
}

/// Sums of products by Einstein's convention: `equation` names the dimensions of the inputs and, behind
/// `->`, of the result; names that are missing there are summed over.
///
/// - Parameters:
///   - equation: Such as `ij,jk->ik`; `...` stands for dimensions that broadcast.
///   - inputs: One or two tensors.
/// - Throws: ``StatusError/Code/invalidArgument`` for a malformed equation or sizes that differ.
/// - SeeAlso: TensorFlow op `Einsum`.
public func einsum<Scalar: NumericScalar>(
  _ equation: String, _ inputs: Output<Scalar>..., name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  guard let first = inputs.first else {
    throw .invalidArgument("Expected 1 or 2 inputs for einsum, got none")
  }
  return try Output(
    first.graph.addOperation(
      "Einsum", inputs: inputs.map(\.erased),
      attributes: [
        "equation": .string(ByteString(equation)), "N": .int(Int64(inputs.count)),
      ], name: name
    ).output(0))
}
