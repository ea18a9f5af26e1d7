import LoomCore
import LoomKernels

/// What the reductions of sparse tensors share.
enum SparseReduction {
  /// Entries in order, and where each group of them starts and ends.
  struct Groups {
    var order: [Int]
    var ranges: [Range<Int>]
  }

  /// Reduces each group into one element of output `index`, element `places[group]`.
  typealias Body = @Sendable (borrowing KernelContext, SparseParts, Plan) throws -> Void

  struct Plan {
    var groups: Groups
    /// Where the result of each group goes in the output.
    var places: [Int]
    var output: Int
    var shape: Shape
  }

  static func resolve(_ axes: [Int], rank: Int) throws(StatusError) -> Set<Int> {
    var result: Set<Int> = []
    for axis in axes {
      guard axis >= -rank, axis < rank else {
        throw .invalidArgument(
          "Invalid reduction dimension \(axis), for input with \(rank) dimensions.")
      }
      result.insert(axis < 0 ? axis + rank : axis)
    }
    return result
  }

  static func kernel(
    _ construction: KernelConstruction, isSparse: Bool, _ body: @escaping Body
  ) throws(StatusError) -> any Kernel {
    let keeps = try construction.attributes.bool("keep_dims")
    return ClosureKernel { context in
      let input = try SparseParts(context, at: 0)
      _ = try input.shape()
      let axes = try context.input(3)
      guard axes.shape.rank <= 1 else {
        throw StatusError.invalidArgument(
          "Expected reduction_axes to be a scalar or a vector; got shape: \(axes.shape)")
      }
      let reduced = try resolve(axes.integers(), rank: input.rank)
      let kept = (0..<input.rank).filter { !reduced.contains($0) }
      var sizes: [Int] = []
      for dimension in 0..<input.rank {
        if !reduced.contains(dimension) {
          sizes.append(input.sizes[dimension])
        } else if keeps {
          sizes.append(1)
        }
      }
      let groups = group(input, by: kept)
      if isSparse {
        try body(
          context, input,
          Plan(
            groups: groups, places: Array(groups.ranges.indices), output: 1,
            shape: Shape(vector: groups.ranges.count)))
        var indices: [Int] = []
        for range in groups.ranges {
          let entry = groups.order[range.lowerBound]
          for dimension in 0..<input.rank {
            if !reduced.contains(dimension) {
              indices.append(input.position(entry, dimension))
            } else if keeps {
              indices.append(0)
            }
          }
        }
        try context.setIndices(0, indices, rank: sizes.count, count: groups.ranges.count)
        try context.setVector(2, sizes)
      } else {
        let shape = try Shape(sizes)
        try body(
          context, input,
          Plan(
            groups: groups, places: places(input, groups, kept, shape), output: 0, shape: shape))
      }
    }
  }

  /// Entries that agree in the dimensions `kept`.
  private static func group(_ input: SparseParts, by kept: [Int]) -> Groups {
    let order = input.order(by: kept)
    var ranges: [Range<Int>] = []
    var start = 0
    for index in order.indices {
      let isLast = index + 1 == order.count
      let ends =
        isLast
        || kept.contains {
          input.position(order[index], $0) != input.position(order[index + 1], $0)
        }
      if ends {
        ranges.append(start..<(index + 1))
        start = index + 1
      }
    }
    return Groups(order: order, ranges: ranges)
  }

  private static func places(
    _ input: SparseParts, _ groups: Groups, _ kept: [Int], _ shape: Shape
  ) throws(StatusError) -> [Int] {
    let strides = SparseParts.strides(kept.map { input.sizes[$0] })
    var result: [Int] = []
    result.reserveCapacity(groups.ranges.count)
    for range in groups.ranges {
      var place = 0
      for (index, dimension) in kept.enumerated() {
        place &+= input.position(groups.order[range.lowerBound], dimension) &* strides[index]
      }
      guard place >= 0, place < shape.elementCount else {
        throw .internal(
          "Obtained a write index of \(place) which is outside of bounds of "
            + "[0, \(shape.elementCount))")
      }
      result.append(place)
    }
    return result
  }

  static func sum<Scalar: AccumulatingScalar>(
    _ context: borrowing KernelContext, _ input: SparseParts, _ plan: Plan, _ type: Scalar.Type
  ) throws(StatusError) {
    let stored = input.values
    let values = try stored.span(of: type)
    try context.makeOutput(plan.output, of: type, shape: plan.shape) { span in
      for index in span.indices { span[index] = .zero }
      for (place, range) in zip(plan.places, plan.groups.ranges) {
        var total = Scalar.Total.zero
        for index in range {
          total = .wrappingAdd(total, values[plan.groups.order[index]].total)
        }
        span[place] = Scalar.narrowed(total)
      }
    }
  }

  static func max<Scalar: RealScalar>(
    _ context: borrowing KernelContext, _ input: SparseParts, _ plan: Plan, _ type: Scalar.Type
  ) throws(StatusError) {
    let stored = input.values
    let values = try stored.span(of: type)
    try context.makeOutput(plan.output, of: type, shape: plan.shape) { span in
      for index in span.indices { span[index] = .zero }
      for (place, range) in zip(plan.places, plan.groups.ranges) {
        var highest = values[plan.groups.order[range.lowerBound]]
        for index in range where highest < values[plan.groups.order[index]] {
          highest = values[plan.groups.order[index]]
        }
        span[place] = highest
      }
    }
  }
}
