public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// How many elements of sorted rows stand before given values.
private enum SortedSearch {
  static let shapes = ShapeFunction { context in
    let sorted = try context.requireRank(0, 2)
    let values = try context.requireRank(1, 2)
    _ = try ShapeContext.same(sorted[0], values[0])
    context.setOutput(0, values)
  }

  /// - Parameter isBefore: whether the row's element (first) stands before the value (second).
  static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction,
    _ isBefore: @escaping @Sendable (Scalar, Scalar) -> Bool
  ) throws(StatusError) -> any Kernel {
    let dtype = try construction.attributes.type("out_type")
    return ClosureKernel { context in
      let (sorted, values) = (try context.input(0), try context.input(1))
      guard sorted.shape.rank == 2 else {
        throw StatusError.invalidArgument("sorted input argument must be a matrix")
      }
      guard values.shape.rank == 2 else {
        throw StatusError.invalidArgument("values must be a matrix")
      }
      guard sorted.shape[0] == values.shape[0] else {
        throw StatusError.invalidArgument("Leading dim_size of both tensors must match.")
      }
      let result = try search(sorted, values, isBefore)
      try context.setIntegers(0, result, shape: values.shape, as: dtype)
    }
  }

  private static func search<Scalar: RealScalar>(
    _ sorted: AnyTensor, _ values: AnyTensor, _ isBefore: (Scalar, Scalar) -> Bool
  ) throws(StatusError) -> [Int] {
    let rows = try sorted.span(of: Scalar.self)
    let wanted = try values.span(of: Scalar.self)
    let (length, count) = (sorted.shape[1], values.shape[1])
    var result: [Int] = []
    result.reserveCapacity(wanted.count)
    for index in wanted.indices {
      let start = index / count &* length
      var (low, high) = (0, length)
      while low < high {
        let middle = low + (high - low) / 2
        if isBefore(rows[start &+ middle], wanted[index]) {
          low = middle + 1
        } else {
          high = middle
        }
      }
      result.append(low)
    }
    return result
  }
}

/// The first position in a sorted row at which a value may stand.
public enum LowerBound: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature(
    "LowerBound", inputs: ["sorted_inputs: T", "values: T"], outputs: ["output: out_type"],
    attributes: ["T: type", "out_type: {int32, int64} = int32"])
  public static let shapes = SortedSearch.shapes
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.real(LowerBound.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try SortedSearch.kernel(type, construction) { $0 < $1 }
  }
}

/// The last position in a sorted row at which a value may stand.
public enum UpperBound: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature(
    "UpperBound", inputs: ["sorted_inputs: T", "values: T"], outputs: ["output: out_type"],
    attributes: ["T: type", "out_type: {int32, int64} = int32"])
  public static let shapes = SortedSearch.shapes
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.real(UpperBound.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try SortedSearch.kernel(type, construction) { !($1 < $0) }
  }
}

/// Where each value would be inserted to keep its row sorted: before equal elements, or after them.
///
/// - Parameters:
///   - sorted: `[batch, n]`, each row in ascending order.
///   - values: `[batch, m]`.
/// - SeeAlso: TensorFlow ops `LowerBound` and `UpperBound`.
public func searchSorted<Scalar: RealScalar>(
  _ sorted: Output<Scalar>, for values: Output<Scalar>, afterEqual: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Int32> {
  try Output(
    sorted.graph.addOperation(
      afterEqual ? "UpperBound" : "LowerBound", inputs: [sorted.erased, values.erased], name: name
    ).output(0))
}
