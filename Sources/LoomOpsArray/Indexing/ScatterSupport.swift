import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// How an update changes the element it meets.
protocol NumericUpdate: SendableMetatype {
  static func apply<Scalar: NumericScalar>(_ old: Scalar, _ update: Scalar) -> Scalar
}

/// How an update changes an ordered element.
protocol RealUpdate: SendableMetatype {
  static func apply<Scalar: RealScalar>(_ old: Scalar, _ update: Scalar) -> Scalar
}

enum AddUpdate: NumericUpdate {
  static func apply<Scalar: NumericScalar>(_ old: Scalar, _ update: Scalar) -> Scalar {
    Scalar.wrappingAdd(old, update)
  }
}

enum SubtractUpdate: NumericUpdate {
  static func apply<Scalar: NumericScalar>(_ old: Scalar, _ update: Scalar) -> Scalar {
    Scalar.wrappingSubtract(old, update)
  }
}

enum MaximumUpdate: RealUpdate {
  static func apply<Scalar: RealScalar>(_ old: Scalar, _ update: Scalar) -> Scalar {
    old < update ? update : old
  }
}

enum MinimumUpdate: RealUpdate {
  static func apply<Scalar: RealScalar>(_ old: Scalar, _ update: Scalar) -> Scalar {
    update < old ? update : old
  }
}

/// Rows of updates and where they go.
struct Scatter {
  let tuples: IndexTuples
  let updates: AnyTensor

  /// - Throws: ``StatusError/Code/invalidArgument`` if the shapes do not fit, or a tuple is outside.
  init(
    indices: AnyTensor, updates: AnyTensor, shape: Shape, bad: BadIndices
  ) throws(StatusError) {
    guard indices.shape.rank >= 1 else {
      throw .invalidArgument("Indices shape must have rank at least one. Found:\(indices.shape)")
    }
    guard shape.elementCount > 0 || (indices.elementCount == 0 && updates.elementCount == 0)
    else {
      throw .invalidArgument(
        "Indices and updates specified for empty output. indices shape: \(indices.shape)")
    }
    let outer = indices.shape.rank - 1
    let depth = indices.shape[outer]
    guard depth <= shape.rank,
      updates.shape.rank == outer + shape.rank - depth,
      (0..<outer).allSatisfy({ updates.shape[$0] == indices.shape[$0] }),
      (depth..<shape.rank).allSatisfy({ updates.shape[outer + $0 - depth] == shape[$0] })
    else {
      throw .invalidArgument(
        "Dimensions [0,\(outer)) of indices[shape=\(indices.shape)] must match dimensions "
          + "[0,\(outer)) of updates[shape=\(updates.shape)], and dimensions [\(depth),\(shape.rank)) "
          + "of output[shape=\(shape)] the rest")
    }
    tuples = try IndexTuples(indices, into: shape, bad: bad) { place, tuple in
      "indices\(place) = \(tuple) does not index into shape \(shape)"
    }
    self.updates = updates
  }

  /// Writes the updates over `target`; of several for one row the last wins.
  func assign(to target: AnyTensor) throws(StatusError) {
    let present = tuples.rows.indices.filter { tuples.rows[$0] != nil }
    try RowMover.copy(
      updates, rows: present.count == tuples.rows.count ? nil : present, into: target,
      rows: present.compactMap { tuples.rows[$0] }, length: tuples.length, count: present.count)
  }

  /// Combines each update with the element it meets, in order.
  func combine<Scalar: TensorScalar>(
    into target: AnyTensor, _ type: Scalar.Type, _ apply: (Scalar, Scalar) -> Scalar
  ) throws(StatusError) {
    let updates = self.updates
    let source = try updates.span(of: type)
    var output = try MutableTensor<Scalar>(exclusive: target)
    var span = output.mutableSpan
    let length = tuples.length
    guard length > 0 else { return }
    for (index, row) in tuples.rows.enumerated() {
      guard let row else { continue }
      let (from, to) = (index &* length, row &* length)
      for offset in 0..<length {
        span[to &+ offset] = apply(span[to &+ offset], source[from &+ offset])
      }
    }
  }
}

extension KernelContext {
  /// Memory for output `output` that holds input `input`: the input's own where that is free.
  func owned(_ input: Int, to output: Int) throws(StatusError) -> AnyTensor {
    let (dtype, shape) = try description(of: input)
    let memory = try forwardOrAllocate(input, to: output, dtype: dtype, shape: shape)
    // The input is gone exactly if its memory was taken over, and then there is nothing to copy.
    if let source = try? self.input(input) { try ByteMover(into: memory).copyAll(source) }
    return memory
  }

  /// Dtype and shape of an input, without holding on to it.
  private func description(of input: Int) throws(StatusError) -> (DType, Shape) {
    let tensor = try self.input(input)
    return (tensor.dtype, tensor.shape)
  }
}

extension ShapeContext {
  /// Checks the shapes of a scatter into `shape` and sets the output to it.
  func inferScatter(
    indices: Int, updates: Int, into shape: PartialShape
  ) throws(StatusError) {
    let indexShape = try requireRank(indices, atLeast: 1)
    let updateShape = input(updates)
    if shape.knownElementCount == 0,
      (indexShape.knownElementCount ?? 0) > 0 || (updateShape.knownElementCount ?? 0) > 0
    {
      throw .invalidArgument("Indices and updates specified for empty input")
    }
    if let rank = indexShape.rank, let updateRank = updateShape.rank, updateRank > 0,
      let depth = indexShape[rank - 1]
    {
      let outer = rank - 1
      do throws(StatusError) {
        _ = try indexShape.dimensions(in: 0..<outer)
          .merged(with: updateShape.dimensions(in: 0..<outer))
      } catch {
        throw error.prefixed(
          "Dimensions [0,\(outer)) of indices[shape=\(indexShape)] must match dimensions "
            + "[0,\(outer)) of updates[shape=\(updateShape)]: ")
      }
      if let target = shape.rank {
        do throws(StatusError) {
          guard depth <= target else {
            throw .invalidArgument("Shape must be at least rank \(depth) but is rank \(target)")
          }
          _ = try shape.dimensions(in: depth..<target)
            .merged(with: updateShape.dimensions(in: Swift.min(outer, updateRank)..<updateRank))
        } catch {
          throw error.prefixed(
            "Dimensions [\(depth),\(target)) of input[shape=\(shape)] must match dimensions "
              + "[\(outer),\(updateRank)) of updates[shape=\(updateShape)]: ")
        }
      }
    }
    setOutput(0, shape)
  }
}
