import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The distinct elements of a vector in the order of their first appearance, and for each element
/// which of them it is.
public enum Unique: OpDeclaration {
  public static let signature = OpSignature(
    "Unique", inputs: ["x: T"], outputs: ["y: T", "idx: out_idx"],
    attributes: [
      "T: type",
      "out_idx: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction { context in
    let x = try context.requireRank(0, 1)
    context.setOutput(0, [nil])
    context.setOutput(1, x)
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": UniqueKernel.types]) {
    try UniqueKernel($0, hasAxis: false, counts: false)
  }
}

/// The distinct slices along an axis.
public enum UniqueV2: OpDeclaration {
  public static let signature = OpSignature(
    "UniqueV2", inputs: ["x: T", "axis: Taxis"], outputs: ["y: T", "idx: out_idx"],
    attributes: [
      "T: type",
      "Taxis: {int32, int64} = int64",
      "out_idx: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction { context in
    try context.setDistinctShapes()
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": UniqueKernel.types]) {
    try UniqueKernel($0, hasAxis: true, counts: false)
  }
}

/// The distinct elements of a vector and how often each appears.
public enum UniqueWithCounts: OpDeclaration {
  public static let signature = OpSignature(
    "UniqueWithCounts", inputs: ["x: T"], outputs: ["y: T", "idx: out_idx", "count: out_idx"],
    attributes: [
      "T: type",
      "out_idx: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction { context in
    let x = try context.requireRank(0, 1)
    context.setOutput(0, [nil])
    context.setOutput(1, x)
    context.setOutput(2, [nil])
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": UniqueKernel.types]) {
    try UniqueKernel($0, hasAxis: false, counts: true)
  }
}

/// The distinct slices along an axis and how often each appears.
public enum UniqueWithCountsV2: OpDeclaration {
  public static let signature = OpSignature(
    "UniqueWithCountsV2", inputs: ["x: T", "axis: Taxis"],
    outputs: ["y: T", "idx: out_idx", "count: out_idx"],
    attributes: [
      "T: type",
      "Taxis: {int32, int64} = int64",
      "out_idx: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction { context in
    try context.setDistinctShapes()
    context.setOutput(2, [nil])
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": UniqueKernel.types]) {
    try UniqueKernel($0, hasAxis: true, counts: true)
  }
}

extension ShapeContext {
  /// The distinct slices along the axis of input 1 and, for each slice, which of them it is.
  fileprivate func setDistinctShapes() throws(StatusError) {
    let x = input(0)
    setOutput(1, [nil])
    guard let axes = try constant(1)?.integers() else {
      if let rank = x.rank { setOutput(0, .unknown(rank: rank)) }
      return
    }
    guard let named = axes.first else {
      if let rank = x.rank, rank != 1 { throw .invalidArgument("x expects a 1D vector.") }
      setOutput(0, [nil])
      setOutput(1, x.rank == nil ? [nil] : x)
      return
    }
    guard let rank = x.rank else { return }
    guard named >= -rank, named < rank else {
      throw .invalidArgument("axis expects to be in the range [\(-rank), \(rank))")
    }
    let axis = named < 0 ? named + rank : named
    setOutput(0, x.replacing(axis, with: nil))
    setOutput(1, [x[axis]])
  }
}

private final class UniqueKernel: Kernel {
  static let types = Set<DType>.real.union([.bool, .string])

  let hasAxis: Bool
  let counts: Bool
  let indexType: DType

  init(_ construction: KernelConstruction, hasAxis: Bool, counts: Bool) throws(StatusError) {
    self.hasAxis = hasAxis
    self.counts = counts
    indexType = try construction.outputType(1)
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let x = try context.input(0)
    let view = try axisView(x, context)
    guard x.elementCount <= Int(Int32.max) else {
      throw .invalidArgument(
        "unique does not support input tensors larger than 2147483647 elements")
    }
    let ids: [Int]
    var firsts: [Int] = []
    (ids, firsts) = try numbers(x, view)
    var sizes = x.shape.sizes
    if let axis = try axis(x.shape, context) {
      sizes[axis] = firsts.count
    } else {
      sizes = [firsts.count]
    }
    let y = try context.allocate(0, dtype: x.dtype, shape: Shape(sizes))
    try context.gatherSlices(x, view, at: firsts, into: y)
    try context.setIndices(1, ids, indexType)
    if counts {
      var totals = [Int](repeating: 0, count: firsts.count)
      for id in ids { totals[id] += 1 }
      try context.setIndices(2, totals, indexType)
    }
  }

  private func axis(
    _ shape: Shape, _ context: borrowing KernelContext
  ) throws(StatusError) -> Int? {
    guard hasAxis else { return nil }
    let tensor = try context.input(1)
    guard tensor.shape.rank == 1 else {
      throw .invalidArgument("axis expects a 1D vector.")
    }
    guard tensor.elementCount <= 1 else {
      throw .invalidArgument("axis does not support input tensors larger than 1 elements")
    }
    guard let named = try tensor.integers().first else { return nil }
    guard named >= -shape.rank, named < shape.rank else {
      throw .invalidArgument("axis has to be between [0, \(shape.rank))")
    }
    return named < 0 ? named + shape.rank : named
  }

  private func axisView(
    _ x: AnyTensor, _ context: borrowing KernelContext
  ) throws(StatusError) -> AxisView {
    if let axis = try axis(x.shape, context) { return AxisView(x.shape, axis: axis) }
    guard x.shape.rank == 1 else { throw .invalidArgument("unique expects a 1D vector.") }
    return AxisView(x.shape, axis: 0)
  }

  /// For each slice which distinct one it is, and where each distinct one first stands.
  private func numbers(_ x: AnyTensor, _ view: AxisView) throws(StatusError) -> ([Int], [Int]) {
    var maker = TensorKeys()
    let keys = try maker.keys(of: x)
    var ids: [Int] = []
    ids.reserveCapacity(view.length)
    var firsts: [Int] = []
    if view.outer == 1, view.inner == 1 {
      var table = KeyTable(capacity: view.length)
      for index in 0..<view.length {
        let id = table.insert(keys[index])
        if id == firsts.count { firsts.append(index) }
        ids.append(id)
      }
      return (ids, firsts)
    }
    var table: [[UInt64]: Int] = [:]
    for index in 0..<view.length {
      var slice: [UInt64] = []
      for outer in 0..<view.outer {
        let start = (outer &* view.length &+ index) &* view.inner
        slice.append(contentsOf: keys[start..<start &+ view.inner])
      }
      let id = table[slice] ?? firsts.count
      if id == firsts.count {
        table[slice] = id
        firsts.append(index)
      }
      ids.append(id)
    }
    return (ids, firsts)
  }
}

extension KernelContext {
  /// Output `index` as a vector of int32 or int64.
  func setIndices(_ index: Int, _ values: [Int], _ dtype: DType) throws(StatusError) {
    if dtype == .int64 {
      try makeOutput(index, of: Int64.self, shape: Shape(vector: values.count)) {
        span throws(StatusError) in
        for place in 0..<values.count { span[place] = Int64(values[place]) }
      }
    } else {
      try makeOutput(index, of: Int32.self, shape: Shape(vector: values.count)) {
        span throws(StatusError) in
        for place in 0..<values.count { span[place] = Int32(truncatingIfNeeded: values[place]) }
      }
    }
  }
}
