import LoomCore
import LoomGraph
import LoomOpsSupport

extension GradientContext {
  /// Rows of `values` by id, zeros where an id is negative; and what later calls can reuse.
  struct GatheredRows {
    var values: AnyOutput
    /// The ids, with zero for negative ones.
    var clipped: AnyOutput
    /// Where the ids are not negative, in the shape of `values`.
    var isPresent: AnyOutput
  }

  func gatherKeepingNegatives(
    _ values: AnyOutput, _ ids: AnyOutput, reusing known: GatheredRows? = nil
  ) throws -> GatheredRows {
    let clipped = try known?.clipped ?? build("Maximum", [ids, zerosLike(ids)])
    let gathered = try gather(values, clipped)
    let isPresent: AnyOutput
    if let known {
      isPresent = known.isPresent
    } else {
      let flags = try greaterEqual(ids, zerosLike(ids))
      let flagShape = try shape(flags)
      let extra = try sub(rank(gathered), rank(flags))
      let ones = try fill(reshape(extra, constant([1])), scalar(1))
      let wide = try reshape(flags, concat([flagShape, ones], axis: scalar(0)))
      let allTrue = try fill(shape(gathered), constant(AnyTensor(scalar: true)))
      isPresent = try build("LogicalAnd", [wide, allTrue])
    }
    return GatheredRows(
      values: try select(isPresent, gathered, zerosLike(gathered)), clipped: clipped,
      isPresent: isPresent)
  }

  /// The gradient of unsorted maxima and minima, shared evenly by the entries that attain them.
  func unsortedExtremumGradient() throws -> AnyOutput {
    let (data, ids, count) = (try input(0), try input(1), try input(2))
    let rows = try gatherKeepingNegatives(output(0), ids)
    let isSelected = try build("LogicalAnd", [equal(data, rows.values), rows.isPresent])
    let upstream = try upstream(0)
    let selected = try build(
      "UnsortedSegmentSum", [cast(isSelected, to: upstream.dtype), ids, count])
    let weighted = try div(upstream, selected)
    let gathered = try gatherKeepingNegatives(weighted, ids, reusing: rows).values
    return try select(isSelected, gathered, zerosLike(gathered))
  }

  /// The gradient of unsorted products. Segments with one zero pass the product of the others to it;
  /// segments with more pass nothing.
  func unsortedProductGradient() throws -> AnyOutput {
    let (data, ids, count) = (try input(0), try input(1), try input(2))
    let isZero = try equal(data, zerosLike(data))
    let zeros = try build("UnsortedSegmentSum", [cast(isZero, to: .int32), ids, count])
    let upstream = try upstream(0)
    let passed = try select(greater(zeros, scalar(1)), zerosLike(upstream), upstream)
    let nonZero = try select(isZero, onesLike(data), data)
    let others = try build("UnsortedSegmentProd", [nonZero, ids, count])
    let clipped = try build("Maximum", [ids, zerosLike(ids)])
    let quotient = try div(gather(output(0), clipped), data)
    let derivative = try select(isZero, gather(others, clipped), quotient)
    let rows = try gatherKeepingNegatives(passed, ids)
    return try mul(rows.values, derivative)
  }

  /// The gradient of sorted maxima and minima, shared evenly by the entries that attain them.
  func sortedExtremumGradient() throws -> AnyOutput {
    let (data, ids) = (try input(0), try input(1))
    let isSelected = try equal(data, gather(output(0), ids))
    let upstream = try upstream(0)
    let selected = try build("SegmentSum", [cast(isSelected, to: upstream.dtype), ids])
    let gathered = try gather(div(upstream, selected), ids)
    return try select(isSelected, gathered, zerosLike(data))
  }

  /// The gradient of sorted products; see ``unsortedProductGradient()``.
  func sortedProductGradient() throws -> AnyOutput {
    let (data, ids) = (try input(0), try input(1))
    let isZero = try equal(data, zerosLike(data))
    let zeros = try build("SegmentSum", [cast(isZero, to: .int32), ids])
    let upstream = try upstream(0)
    let passed = try select(greater(zeros, scalar(1)), zerosLike(upstream), upstream)
    let nonZero = try select(isZero, onesLike(data), data)
    let others = try build("SegmentProd", [nonZero, ids])
    let quotient = try div(gather(output(0), ids), nonZero)
    let derivative = try select(isZero, gather(others, ids), quotient)
    return try mul(gather(passed, ids), derivative)
  }

  /// The gradient of sorted means: each entry gets its segment's, divided by the entries.
  func sortedMeanGradient() throws -> AnyOutput {
    let (data, ids) = (try input(0), try input(1))
    let upstream = try upstream(0)
    let idShape = try shape(ids)
    let extra = try sub(rank(data), scalar(1))
    let ones = try fill(reshape(extra, constant([1])), scalar(1))
    let onesShape = try concat([idShape, ones], axis: scalar(0))
    let entries = try fill(onesShape, constant(1, upstream.dtype))
    return try gather(div(upstream, build("SegmentSum", [entries, ids])), ids)
  }

  /// The gradient of a sparse segment reduction by the op made for it.
  ///
  /// - Parameter op: The dense gradient op; the sparse one has `V2` behind its name.
  func sparseSegmentGradient(_ op: String) throws -> [Gradient?] {
    let (data, indices, ids) = (try input(0), try input(1), try input(2))
    let shape = try shape(data)
    let rows = try gather(shape, scalar(0))
    let upstream = try upstream(0)
    let none = [Gradient?](repeating: nil, count: inputs.count - 1)
    if case .bool(true) = attributes["sparse_gradient"] {
      let parts = try buildAll(op + "V2", [upstream, indices, ids, rows])
      guard parts.count == 2 else { throw StatusError.internal("Expected values and indices") }
      return [.slices(IndexedSlices(values: parts[0], indices: parts[1], denseShape: shape))] + none
    }
    return [.dense(try build(op, [upstream, indices, ids, rows]))] + none
  }
}
