public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Slices of a tensor sorted into several tensors by number.
public enum DynamicPartition: OpDeclaration {
  public static let signature = OpSignature(
    "DynamicPartition", inputs: ["data: T", "partitions: int32"],
    outputs: ["outputs: num_partitions * T"], attributes: ["num_partitions: int >= 1", "T: type"])
  public static let shapes = ShapeFunction { context in
    let (data, partitions) = (context.input(0), context.input(1))
    guard let outer = partitions.rank else { return }
    try context.requireRank(0, atLeast: outer)
    guard let rank = data.rank else { return }
    _ = try data.dimensions(in: 0..<outer).merged(with: partitions)
    let shape = PartialShape([nil]).concatenated(with: data.dimensions(in: outer..<rank))
    for index in 0..<context.outputCount { context.setOutput(index, shape) }
  }
  public static let gradient = GradientRule.dense { context in
    let (data, partitions) = (try context.input(0), try context.input(1))
    let shape = try context.shape(partitions)
    let count = try context.prod(shape, context.constant([0]))
    let places = try context.reshape(
      context.range(context.scalar(0), count, context.scalar(1)), shape)
    let number = Int64(context.outputs.count)
    let indices = try context.buildAll(
      "DynamicPartition", [places, partitions], ["num_partitions": .int(number)])
    var upstream: [AnyOutput] = []
    for index in context.outputs.indices { upstream.append(try context.upstream(index)) }
    let stitched = try context.build(
      "ParallelDynamicStitch", indices + upstream, ["N": .int(number)])
    return [try context.reshape(stitched, context.shape(data)), nil]
  }
  public static let kernels = KernelTable.closure { context in
    let (data, partitions) = (try context.input(0), try context.input(1))
    let outer = partitions.shape.rank
    guard outer <= data.shape.rank,
      (0..<outer).allSatisfy({ data.shape[$0] == partitions.shape[$0] })
    else {
      throw StatusError.invalidArgument(
        "data.shape must start with partitions.shape, got data.shape = \(data.shape), "
          + "partitions.shape = \(partitions.shape)")
    }
    var rows = [[Int]](repeating: [], count: context.outputCount)
    for (row, partition) in try partitions.integers().enumerated() {
      guard rows.indices.contains(partition) else {
        throw StatusError.invalidArgument(
          "partitions\(partitions.place(of: row)) = \(partition) is not in "
            + "[0, \(context.outputCount))")
      }
      rows[partition].append(row)
    }
    let rest = Array(data.shape.sizes[outer...])
    let length = data.shape.count(in: outer..<data.shape.rank)
    for (index, rows) in rows.enumerated() {
      let output = try context.allocate(
        index, dtype: data.dtype, shape: Shape([rows.count] + rest))
      try RowMover.copy(
        data, rows: rows, into: output, rows: nil, length: length, count: rows.count)
    }
  }
}

/// What the two stitching ops share.
enum Stitching {
  static let shapes = ShapeFunction { context in
    let count = context.inputCount / 2
    var largest: Int? = -1
    var rest = PartialShape.unknown
    for index in 0..<count {
      let (indices, data) = (context.input(index), context.input(index + count))
      if let known = context.constant(index) {
        largest = try largest.map { (so) throws(StatusError) in
          Swift.max(so, try known.integers().max() ?? -1)
        }
      } else {
        largest = nil
      }
      guard let outer = indices.rank else { continue }
      try context.requireRank(index + count, atLeast: outer)
      guard let rank = data.rank else { continue }
      _ = try data.dimensions(in: 0..<outer).merged(with: indices)
      rest = try rest.merged(with: data.dimensions(in: outer..<rank))
    }
    context.setOutput(
      0, PartialShape([largest.flatMap { Checked.add($0, 1) }]).concatenated(with: rest))
  }

  static let gradient = GradientRule.dense { context in
    let count = context.inputs.count / 2
    let upstream = try context.upstream(0)
    var result = [AnyOutput?](repeating: nil, count: count)
    for index in 0..<count {
      result.append(try context.gather(upstream, context.input(index)))
    }
    return result
  }

  static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    let count = context.inputs.count / 2
    var result: [Int: Int?] = [:]
    for index in 0..<count {
      guard let places = context.inputs[index], let values = context.inputs[index + count],
        places.count == values.count
      else { return nil }
      for (place, value) in zip(places, values) {
        guard let place, place >= 0, place < 1024 else { return nil }
        result[place] = .some(value)
      }
    }
    guard let last = result.keys.max() else { return [] }
    return (0...last).map { result[$0] ?? 0 }
  }

  static let kernels = KernelTable.closure { context in
    let count = context.inputCount / 2
    var largest = -1
    var rest: [Int]?
    var places: [[Int]] = []
    for index in 0..<count {
      let (indices, data) = (try context.input(index), try context.input(index + count))
      let outer = indices.shape.rank
      guard outer <= data.shape.rank,
        (0..<outer).allSatisfy({ data.shape[$0] == indices.shape[$0] })
      else {
        throw StatusError.invalidArgument(
          "data[\(index)].shape must start with indices[\(index)].shape, got data[\(index)].shape "
            + "= \(data.shape), indices[\(index)].shape = \(indices.shape)")
      }
      let tail = Array(data.shape.sizes[outer...])
      guard rest == nil || rest == tail else {
        throw StatusError.invalidArgument(
          "Need data[0].shape[\(outer):] = data[\(index)].shape[\(outer):], got data[\(index)].shape "
            + "= \(data.shape)")
      }
      rest = tail
      let rows = try indices.integers()
      for (position, row) in rows.enumerated() where row < 0 {
        throw StatusError.invalidArgument(
          "indices[\(index)]\(indices.place(of: position)) = \(row) is out of range")
      }
      largest = Swift.max(largest, rows.max() ?? -1)
      places.append(rows)
    }
    let tail = rest ?? []
    let shape = try Shape([largest + 1] + tail)
    let mover = try context.mover(0, dtype: context.input(count).dtype, shape: shape)
    // Rows that no index names are zero.
    if Set(places.joined()).count <= largest { mover.zeroAll() }
    let length = shape.count(in: 1..<shape.rank)
    for (index, rows) in places.enumerated() {
      try RowMover.copy(
        context.input(index + count), rows: nil, into: mover.target, rows: rows, length: length,
        count: rows.count)
    }
  }
}

/// Slices of several tensors put together by number; later ones win, missing ones are zero.
public enum DynamicStitch: OpDeclaration {
  public static let signature = OpSignature(
    "DynamicStitch", inputs: ["indices: N * int32", "data: N * T"], outputs: ["merged: T"],
    attributes: ["N: int >= 1", "T: type"])
  public static let shapes = Stitching.shapes
  public static let gradient = Stitching.gradient
  public static let partialValue = Stitching.partialValue
  public static let kernels = Stitching.kernels
}

/// `DynamicStitch` without an order between equal numbers; this one keeps the order.
public enum ParallelDynamicStitch: OpDeclaration {
  public static let signature = OpSignature(
    "ParallelDynamicStitch", inputs: ["indices: N * int32", "data: N * T"],
    outputs: ["merged: T"], attributes: ["N: int >= 1", "T: type"])
  public static let shapes = Stitching.shapes
  public static let gradient = Stitching.gradient
  public static let partialValue = Stitching.partialValue
  public static let kernels = Stitching.kernels
}

/// The tensor's slices sorted into `count` tensors: slice `i` goes to tensor `partitions[i]`.
///
/// - SeeAlso: TensorFlow op `DynamicPartition`.
public func dynamicPartition<Scalar: TensorScalar>(
  _ data: Output<Scalar>, by partitions: Output<Int32>, into count: Int, name: String? = nil
) throws(StatusError) -> [Output<Scalar>] {
  let operation = try data.graph.addOperation(
    "DynamicPartition", inputs: [data.erased, partitions.erased],
    attributes: ["num_partitions": .int(Int64(count))], name: name)
  var result: [Output<Scalar>] = []
  for output in operation.outputs { result.append(try Output(output)) }
  return result
}

/// The slices of several tensors put together: slice `j` of tensor `i` becomes slice `indices[i][j]`.
///
/// - SeeAlso: TensorFlow op `DynamicStitch`.
public func dynamicStitch<Scalar: TensorScalar>(
  _ data: [Output<Scalar>], at indices: [Output<Int32>], name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  guard let graph = data.first?.graph, data.count == indices.count else {
    throw .invalidArgument(
      "dynamicStitch expected as many indices as tensors, got \(indices.count) and \(data.count)")
  }
  return try Output(
    graph.addOperation(
      "DynamicStitch", inputs: indices.map(\.erased) + data.map(\.erased),
      attributes: ["N": .int(Int64(data.count))], name: name
    ).output(0))
}
