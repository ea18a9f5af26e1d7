public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// How many insertions, deletions and replacements turn sequences into others.
public enum EditDistance: OpDeclaration, TrivialKernelFamily {
  public static let signature = OpSignature(
    "EditDistance",
    inputs: [
      "hypothesis_indices: int64", "hypothesis_values: T", "hypothesis_shape: int64",
      "truth_indices: int64", "truth_values: T", "truth_shape: int64",
    ], outputs: ["output: float"], attributes: ["normalize: bool = true", "T: type"])
  public static let shapes = ShapeFunction { context in
    guard let a = context.partialValue(2), let b = context.partialValue(5) else { return }
    guard a.count == b.count else {
      throw StatusError.invalidArgument(
        "Num elements of hypothesis_shape does not match truth_shape: \(a.count) vs. \(b.count)")
    }
    var sizes: [Int?] = []
    for (a, b) in zip(a, b).dropLast() {
      sizes.append(a.flatMap { a in b.map { Swift.max(a, $0) } })
    }
    context.setOutput(0, PartialShape(sizes))
  }
  public static let gradient = GradientRule.notDifferentiable(because: "it counts")
  public static let kernels = KernelTable.trivial(EditDistance.self)
    .or(
      KernelTable(where: ["T": [.string]]) { construction in
        specialized(try EditDistanceKernel(construction, ByteString.self))
      })

  public static func kernel<Scalar: TrivialScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(try EditDistanceKernel(construction, type))
  }
}

private final class EditDistanceKernel<Scalar: TensorScalar & Equatable>: Kernel {
  private let normalizes: Bool

  init(_ construction: KernelConstruction, _ type: Scalar.Type) throws(StatusError) {
    normalizes = try construction.attributes.bool("normalize")
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let (a, b) = (try context.input(2), try context.input(5))
    guard a.shape.rank == 1, b.shape.rank == 1 else {
      throw .invalidArgument("hypothesis_shape and truth_shape should be vectors")
    }
    let (hypothesisSizes, truthSizes) = (try a.integers(), try b.integers())
    guard hypothesisSizes.count == truthSizes.count, truthSizes.count >= 2 else {
      throw .invalidArgument(
        "Input SparseTensors must have the same rank of at least 2, but got "
          + "\(hypothesisSizes.count) and \(truthSizes.count)")
    }
    let shape = try Shape(zip(hypothesisSizes, truthSizes).dropLast().map { Swift.max($0, $1) })
    guard shape.elementCount > 0 else {
      throw .invalidArgument("Got output shape \(shape) which has 0 elements")
    }
    let hypotheses = try sequences(context, 0, rank: truthSizes.count, shape)
    let truths = try sequences(context, 3, rank: truthSizes.count, shape)
    var result = [Float](repeating: 0, count: shape.elementCount)
    for place in Set(hypotheses.keys).union(truths.keys) {
      try context.checkCancellation()
      result[place] = distance(hypotheses[place] ?? [], truths[place] ?? [])
    }
    try context.makeOutput(0, of: Float.self, shape: shape) { span in
      for index in result.indices { span[index] = result[index] }
    }
  }

  /// The elements of each sequence by the place of its distance in the result.
  private func sequences(
    _ context: borrowing KernelContext, _ first: Int, rank: Int, _ shape: Shape
  ) throws(StatusError) -> [Int: [Scalar]] {
    let (indices, values) = (try context.input(first), try context.input(first + 1))
    guard indices.shape.rank == 2, indices.shape[1] == rank else {
      throw .invalidArgument("Indices should be a matrix of \(rank) columns, got \(indices.shape)")
    }
    guard values.shape.rank == 1, values.elementCount == indices.shape[0] else {
      throw .invalidArgument(
        "Values should be a vector of \(indices.shape[0]) elements, got \(values.shape)")
    }
    let positions = try indices.integers()
    let elements = try values.scalars(of: Scalar.self)
    let strides = shape.strides
    var result: [Int: [Scalar]] = [:]
    for (row, element) in elements.enumerated() {
      var place = 0
      for dimension in 0..<rank - 1 {
        let position = positions[row * rank + dimension]
        guard position >= 0, position < shape[dimension] else {
          throw .invalidArgument(
            "Index \(position) of dimension \(dimension) is outside of shape \(shape)")
        }
        place &+= position &* strides[dimension]
      }
      result[place, default: []].append(element)
    }
    return result
  }

  /// Levenshtein's distance, by Wagner and Fischer's table of which two rows are kept (1974).
  private func distance(_ hypothesis: [Scalar], _ truth: [Scalar]) -> Float {
    if truth.isEmpty {
      return normalizes && !hypothesis.isEmpty ? .infinity : Float(hypothesis.count)
    }
    var row = Array(0...hypothesis.count)
    for (index, wanted) in truth.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in hypothesis.indices {
        let replaced = diagonal + (hypothesis[column] == wanted ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = Swift.min(replaced, diagonal + 1, row[column] + 1)
      }
    }
    let count = Float(row[hypothesis.count])
    return normalizes ? count / Float(truth.count) : count
  }
}
