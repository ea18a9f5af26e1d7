import LoomCore
import LoomGraph
import LoomOpsSupport

extension GradientContext {
  /// `vector[begin:end]`; `nil` leaves that side open.
  func part(
    _ vector: AnyOutput, from begin: AnyOutput? = nil, to end: AnyOutput? = nil
  ) throws(StatusError) -> AnyOutput {
    let open = try constant([0])
    return try build(
      "StridedSlice", [vector, begin ?? open, end ?? open, constant([1])],
      [
        "begin_mask": .int(begin == nil ? 1 : 0), "end_mask": .int(end == nil ? 1 : 0),
      ])
  }

  /// `vector[place]`, `place` being a vector of one element.
  func element(_ vector: AnyOutput, _ place: AnyOutput) throws(StatusError) -> AnyOutput {
    try build(
      "StridedSlice", [vector, place, add(place, constant([1])), constant([1])],
      ["shrink_axis_mask": .int(1)])
  }
}

extension GatherV2 {
  /// The gradient of a gather of rows: the upstream rows at the indices they were taken from.
  static func rowGradient(_ context: GradientContext) throws -> IndexedSlices {
    let (params, indices) = (try context.input(0), try context.input(1))
    let shape = try context.shape(params)
    let size = try context.expandDims(context.size(indices), axis: 0)
    let tail = try context.part(shape, from: context.constant([1]))
    let valuesShape = try context.concat([size, tail], axis: context.scalar(0))
    return IndexedSlices(
      values: try context.reshape(context.upstream(0), valuesShape),
      indices: try context.reshape(indices, size), denseShape: shape)
  }

  static func gradients(_ context: GradientContext) throws -> [Gradient?] {
    let (params, indices) = (try context.input(0), try context.input(1))
    var batch = try context.attributes.int("batch_dims")
    if batch < 0 {
      guard let rank = indices.shape.rank else {
        throw StatusError.invalidArgument(
          "The gradient of a gather with batch_dims \(batch) needs the rank of the indices, which is "
            + "unknown")
      }
      batch += rank
    }
    let axis = try context.cast(context.input(2), to: .int32)
    if batch == 0, try context.graph.constantValue(of: axis)?.integer(at: 0) == 0 {
      return [.slices(try rowGradient(context)), nil, nil]
    }
    // The axis moves to the front of the unshared dimensions, where rows can be summed by index, and
    // back again.
    let zero = try context.scalar(0)
    let shape = try context.shape(params)
    let rank = try context.reshape(context.rank(params), context.constant([1]))
    let given = try context.reshape(axis, context.constant([1]))
    let place = try context.build("FloorMod", [given, rank])
    let outer = try context.part(shape, to: place)
    let inner = try context.part(shape, from: context.add(place, context.constant([1])))
    let valuesShape = try context.concat([outer, context.constant([-1]), inner], axis: zero)
    let values = try context.reshape(context.upstream(0), valuesShape)

    let count = try context.size(valuesShape)
    let axisScalar = try context.reshape(place, context.constant([Int]()))
    let one = try context.scalar(1)
    let first = try context.range(zero, context.scalar(batch), one)
    let middle = try context.range(context.scalar(batch), axisScalar, one)
    let last = try context.range(context.add(axisScalar, one), count, one)
    let order = try context.concat([first, place, middle, last], axis: zero)
    let moved = try context.transpose(values, order)
    let movedShape = try context.gather(shape, order)
    let summed = try batchGradient(
      context, movedShape, moved, indices, batch, size: context.element(shape, place))
    let back = try context.concat(
      [first, context.add(middle, one), context.constant([batch]), last], axis: zero)
    let result = try context.transpose(summed, back)
    return [.dense(try context.reshape(result, shape)), nil, nil]
  }

  /// Sums rows by index, within each batch.
  private static func batchGradient(
    _ context: GradientContext, _ shape: AnyOutput, _ values: AnyOutput, _ indices: AnyOutput,
    _ batch: Int, size: AnyOutput
  ) throws -> AnyOutput {
    let all = try context.reshape(context.size(indices), context.constant([1]))
    guard batch > 0 else {
      return try context.build(
        "UnsortedSegmentSum", [values, context.reshape(indices, all), size])
    }
    let zero = try context.scalar(0)
    let valuesShape = try context.shape(values)
    let outer = try context.part(valuesShape, to: context.constant([batch]))
    let inner = try context.part(valuesShape, from: context.constant([batch + 1]))
    let batches = try context.prod(outer, context.constant([0]))
    let flat = try context.concat([context.constant([-1]), inner], axis: zero)
    let total = try context.mul(size, batches)
    let offset = try batchIndices(context, shape, indices, batch)
    let sums = try context.build(
      "UnsortedSegmentSum",
      [context.reshape(values, flat), context.reshape(offset, all), total])
    return try context.reshape(sums, context.concat([outer, flat], axis: zero))
  }

  /// The indices into the rows of all batches laid end to end.
  private static func batchIndices(
    _ context: GradientContext, _ shape: AnyOutput, _ indices: AnyOutput, _ batch: Int
  ) throws -> AnyOutput {
    let dtype = indices.dtype.base
    let sizes = try context.cast(shape, to: dtype)
    let (zero, one) = (
      try context.cast(context.scalar(0), to: dtype), try context.cast(context.scalar(1), to: dtype)
    )
    var result = indices
    var stride = one
    for dimension in (1...batch).reversed() {
      let size = try context.element(sizes, context.constant([dimension - 1]))
      stride = try context.mul(stride, context.element(sizes, context.constant([dimension])))
      let offsets = try context.mul(context.range(zero, size, one), stride)
      let ones = try context.fill(
        context.reshape(
          context.sub(context.rank(indices), context.scalar(dimension)), context.constant([1])),
        context.scalar(1))
      let offsetShape = try context.concat(
        [
          context.constant([Int](repeating: 1, count: dimension - 1)),
          context.reshape(context.cast(size, to: .int32), context.constant([1])), ones,
        ], axis: context.scalar(0))
      result = try context.add(result, context.reshape(offsets, offsetShape))
    }
    return result
  }
}

extension Graph {
  /// The value of an output of a constant operation.
  func constantValue(of output: AnyOutput) throws(StatusError) -> AnyTensor? {
    guard output.operation.type == "Const" else { return nil }
    return try output.operation.attributes.tensor("value")
  }
}
