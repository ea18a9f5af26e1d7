public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The part of a sparse tensor inside a box; positions count from the box's corner.
public enum SparseSlice: OpDeclaration {
  public static let signature = OpSignature(
    "SparseSlice",
    inputs: ["indices: int64", "values: T", "shape: int64", "start: int64", "size: int64"],
    outputs: ["output_indices: int64", "output_values: T", "output_shape: int64"],
    attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, [nil, context.input(2).elementCount])
    context.setOutput(1, [nil])
    context.setOutput(2, context.input(2))
  }
  public static let gradient = GradientRule.dense { context in
    let values = try context.build(
      "SparseSliceGrad",
      [context.upstream(1), context.input(0), context.input(3), context.output(0)])
    return [nil, values, nil, nil, nil]
  }
  public static let kernels = KernelTable(where: ["T": .movable]) { _ in
    ClosureKernel { try compute($0) }
  }

  private static func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try SparseParts(context, at: 0)
    let start = try context.vector(3, named: "Input start")
    let size = try context.vector(4, named: "Input size")
    guard start.count == input.rank, size.count == input.rank else {
      throw .invalidArgument(
        "Expected start and size to be vectors of length \(input.rank), got \(start.count) and "
          + "\(size.count)")
    }
    var sizes: [Int] = []
    var ends: [Int] = []
    for dimension in 0..<input.rank {
      // An end beyond what can be counted is beyond every size.
      let end = Checked.add(start[dimension], size[dimension]) ?? .max
      let limit = input.sizes[dimension]
      ends.append(end)
      guard size[dimension] >= 0 else {
        throw .invalidArgument("Expected a non-negative size, got \(size[dimension])")
      }
      if end < limit {
        sizes.append(size[dimension])
      } else if start[dimension] < limit {
        sizes.append(Checked.subtract(limit, start[dimension]) ?? .max)
      } else {
        sizes.append(0)
      }
    }
    let kept = (0..<input.count).filter { entry in
      (0..<input.rank).allSatisfy {
        let position = input.position(entry, $0)
        return position >= start[$0] && position < ends[$0]
      }
    }
    var indices: [Int] = []
    indices.reserveCapacity(kept.count &* input.rank)
    for entry in kept {
      for dimension in 0..<input.rank {
        // Not below the start, so the difference may only leave Int for a hostile start.
        indices.append(input.position(entry, dimension) &- start[dimension])
      }
    }
    try context.setIndices(0, indices, rank: input.rank, count: kept.count)
    try context.setValues(1, input.values, at: kept)
    try context.setVector(2, sizes)
  }
}

/// The gradient of ``SparseSlice`` with respect to the values: zero for entries outside the box.
public enum SparseSliceGrad: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "SparseSliceGrad",
    inputs: [
      "backprop_val_grad: T", "input_indices: int64", "input_start: int64",
      "output_indices: int64",
    ],
    outputs: ["val_grad: T"], attributes: ["T: \(Allowed.numbers)"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, [try context.requireRank(1, 2)[0]])
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.numeric(SparseSliceGrad.self)

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClosureKernel { try compute($0, type) }
  }

  private static func compute<Scalar: NumericScalar>(
    _ context: borrowing KernelContext, _ type: Scalar.Type
  ) throws(StatusError) {
    let gradient = try context.input(0)
    let (input, output) = (try context.input(1), try context.input(3))
    let start = try context.vector(2, named: "input_start")
    guard input.shape.rank == 2, output.shape.rank == 2 else {
      throw .invalidArgument(
        "Input and output indices should be matrices but received shapes: \(input.shape) and "
          + "\(output.shape)")
    }
    guard gradient.shape.rank == 1 else {
      throw .invalidArgument("Input backprop_val_grad should be a vector")
    }
    let rank = input.shape[1]
    guard output.shape[1] == rank, start.count == rank else {
      throw .invalidArgument(
        "The input and output should have the same ndims: got: \(rank) and \(output.shape[1])")
    }
    guard output.shape[0] <= input.shape[0] else {
      throw .invalidArgument("The output has more entries than the input")
    }
    guard output.shape[0] == gradient.elementCount else {
      throw .invalidArgument(
        "Expected one gradient for each of \(output.shape[0]) entries, got "
          + "\(gradient.elementCount)")
    }
    let (from, to) = (try input.integers(), try output.integers())
    let values = try gradient.span(of: type)
    var used = 0
    try context.makeOutput(0, of: type, shape: Shape(vector: input.shape[0])) { span in
      for entry in span.indices {
        span[entry] = .zero
        guard used < values.count else { continue }
        let matches = (0..<rank).allSatisfy {
          from[entry &* rank &+ $0] == to[used &* rank &+ $0] &+ start[$0]
        }
        if matches {
          span[entry] = values[used]
          used += 1
        }
      }
    }
    guard used == values.count else {
      throw .internal(
        "Elements of backprop_val_grad aren't all propagated. Num elements: \(values.count), "
          + "used: \(used)")
    }
  }
}
