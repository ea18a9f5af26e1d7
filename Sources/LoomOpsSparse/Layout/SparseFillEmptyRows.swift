public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A sparse tensor with a default value at the start of each row that had no entry.
public enum SparseFillEmptyRows: OpDeclaration {
  public static let signature = OpSignature(
    "SparseFillEmptyRows",
    inputs: ["indices: int64", "values: T", "dense_shape: int64", "default_value: T"],
    outputs: [
      "output_indices: int64", "output_values: T", "empty_row_indicator: bool",
      "reverse_index_map: int64",
    ],
    attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in
    let indices = try context.requireRank(0, 2)
    let values = try context.requireRank(1, 1)
    let sizes = try context.requireRank(2, 1)
    try context.requireRank(3, 0)
    let count = try ShapeContext.merge(indices[0], values[0])
    let rank = try ShapeContext.merge(indices[1], sizes[0])
    guard sizes[0] != 0 else {
      throw StatusError.invalidArgument("dense_shape must not be empty")
    }
    context.setOutput(0, [nil, rank])
    context.setOutput(1, [nil])
    context.setOutput(2, [try context.shapeValue(2)[0]])
    context.setOutput(3, [count])
  }
  public static let gradient = GradientRule.dense { context in
    let gradients = try context.buildAll(
      "SparseFillEmptyRowsGrad", [context.output(3), context.upstream(1)])
    return [nil, gradients[0], nil, gradients[1]]
  }
  public static let kernels = KernelTable(where: ["T": .movable]) { _ in
    ClosureKernel { try compute($0) }
  }

  private static func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try SparseParts(context, at: 0)
    let fallback = try context.input(3)
    guard fallback.shape.rank == 0 else {
      throw .invalidArgument("default_value must be a scalar, saw: \(fallback.shape)")
    }
    guard let rows = input.sizes.first else {
      throw .invalidArgument("Dense shape cannot be empty.")
    }
    guard rows >= 0 else {
      throw .invalidArgument("Dense shape must not be negative, got \(rows)")
    }
    guard rows > 0 || input.count == 0 else {
      throw .invalidArgument(
        "Received SparseTensor with dense_shape[0] = 0 but indices.shape[0] = \(input.count)")
    }
    var isOrdered = true
    var last = 0
    for entry in 0..<input.count {
      let row = input.position(entry, 0)
      guard row >= 0, row < rows else {
        throw .invalidArgument("indices(\(entry), 0) is invalid: \(row) >= \(rows)")
      }
      if row < last { isOrdered = false }
      last = row
    }
    // As many as there are rows: memory that the budget counts.
    let empty = try context.allocate(2, dtype: .bool, shape: Shape(vector: rows))
    var starts = try MutableTensor<Int64>(shape: Shape(vector: rows), budget: context.budget)
    var next = starts.mutableSpan
    for row in 0..<rows { next[row] = 0 }
    for entry in 0..<input.count { next[input.position(entry, 0)] &+= 1 }
    var flags = try MutableTensor<Bool>(exclusive: empty)
    var isEmpty = flags.mutableSpan
    var total = 0
    var allFull = true
    for row in 0..<rows {
      let stored = Int(next[row])
      isEmpty[row] = stored == 0
      if stored == 0 { allFull = false }
      next[row] = Int64(total)
      total &+= Swift.max(stored, 1)
    }
    if allFull && isOrdered {
      try context.forward(0, to: 0)
      try context.forward(1, to: 1)
      return try context.setVector(3, Array(0..<input.count))
    }
    let rank = input.rank
    let values = ByteMover(
      into: try context.allocate(1, dtype: input.values.dtype, shape: Shape(vector: total)))
    let indices = try context.allocate(0, dtype: .int64, shape: Shape([total, rank]))
    var indexTensor = try MutableTensor<Int64>(exclusive: indices)
    var tuples = indexTensor.mutableSpan
    for row in 0..<rows where isEmpty[row] {
      let place = Int(next[row])
      tuples[place &* rank] = Int64(row)
      for dimension in 1..<Swift.max(rank, 1) { tuples[place &* rank &+ dimension] = 0 }
      try values.copy(fallback, to: place, count: 1)
    }
    var reverse: [Int] = []
    reverse.reserveCapacity(input.count)
    for entry in 0..<input.count {
      let row = input.position(entry, 0)
      let place = Int(next[row])
      next[row] &+= 1
      for dimension in 0..<rank {
        tuples[place &* rank &+ dimension] = Int64(input.position(entry, dimension))
      }
      try values.copy(input.values, from: entry, to: place, count: 1)
      reverse.append(place)
    }
    try context.setVector(3, reverse)
  }
}

/// The gradient of ``SparseFillEmptyRows`` with respect to values and default.
public enum SparseFillEmptyRowsGrad: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "SparseFillEmptyRowsGrad", inputs: ["reverse_index_map: int64", "grad_values: T"],
    outputs: ["d_values: T", "d_default_value: T"], attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.requireRank(0, 1))
    try context.requireRank(1, 1)
    context.setOutput(1, .scalar)
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.numeric(SparseFillEmptyRowsGrad.self)

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClosureKernel { try compute($0, type) }
  }

  private static func compute<Scalar: NumericScalar>(
    _ context: borrowing KernelContext, _ type: Scalar.Type
  ) throws(StatusError) {
    let places = try context.vector(0, named: "reverse_index_map")
    let gradient = try context.input(1)
    guard gradient.shape.rank == 1 else {
      throw .invalidArgument("grad_values must be a vector, saw: \(gradient.shape)")
    }
    let values = try gradient.span(of: type)
    var isStored = [Bool](repeating: false, count: values.count)
    try context.makeOutput(0, of: type, shape: Shape(vector: places.count)) {
      (span: inout MutableSpan<Scalar>) throws(StatusError) in
      for (entry, place) in places.enumerated() {
        guard place >= 0, place < values.count else {
          throw .invalidArgument(
            "Elements in reverse index must be in [0, \(values.count)) but got \(place)")
        }
        span[entry] = values[place]
        isStored[place] = true
      }
    }
    var sum = Scalar.zero
    for place in values.indices where !isStored[place] {
      sum = .wrappingAdd(sum, values[place])
    }
    try context.setScalar(1, sum)
  }
}
