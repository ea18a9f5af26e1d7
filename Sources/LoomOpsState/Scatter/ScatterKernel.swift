import LoomCore
import LoomKernels

/// Where scattered updates go.
struct ScatterPlan {
  /// Where each run begins, in elements; negative ones are left out.
  var offsets: [Int]
  /// Elements of a run.
  var length: Int
  /// The updates are one element for all runs.
  var isRepeating: Bool
}

/// How indices name places of a variable.
enum ScatterPlaces {
  /// Each index is a row.
  case rows
  /// The innermost dimension of the indices is an index of several dimensions.
  case slices

  /// - Throws: ``StatusError/Code/invalidArgument`` if shapes do not fit or an index lies outside.
  func plan(
    _ variable: Shape, indices: AnyTensor, updates: Shape, ignoringBadIndices: Bool
  ) throws(StatusError) -> ScatterPlan {
    switch self {
    case .rows: try ScatterPlaces.rows(variable, indices, updates)
    case .slices: try ScatterPlaces.slices(variable, indices, updates, ignoringBadIndices)
    }
  }

  private static func rows(
    _ variable: Shape, _ indices: AnyTensor, _ updates: Shape
  ) throws(StatusError) -> ScatterPlan {
    let expected = indices.shape.sizes + variable.sizes.dropFirst()
    guard variable.rank > 0, updates.isScalar || updates.sizes == expected else {
      throw .invalidArgument(
        "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got "
          + "updates.shape \(updates), indices.shape \(indices.shape), params.shape \(variable)")
    }
    let length = variable.count(in: 1..<variable.rank)
    var offsets = try indices.integers()
    for (position, row) in offsets.enumerated() {
      guard row >= 0, row < variable[0] else {
        let place = index(of: position, in: indices.shape, upTo: indices.shape.rank)
        throw .invalidArgument("indices\(place) = \(row) is not in [0, \(variable[0]))")
      }
      // Inside the variable, whose element count was checked.
      offsets[position] = row &* length
    }
    return ScatterPlan(offsets: offsets, length: length, isRepeating: updates.isScalar)
  }

  private static func slices(
    _ variable: Shape, _ indices: AnyTensor, _ updates: Shape, _ ignoringBadIndices: Bool
  ) throws(StatusError) -> ScatterPlan {
    let outer = indices.shape.rank - 1
    guard outer >= 0 else {
      throw .invalidArgument("Indices shape must have rank at least one. Found: \(indices.shape)")
    }
    let depth = indices.shape[outer]
    guard depth <= variable.rank else {
      throw .invalidArgument(
        "The last dimension of indices must be <= params rank: \(depth) vs. \(variable.rank)")
    }
    let expected = indices.shape.sizes.dropLast() + variable.sizes.dropFirst(depth)
    guard updates.sizes == Array(expected) else {
      throw .invalidArgument(
        "The outer \(outer) dimensions of indices.shape=\(indices.shape) must match the outer "
          + "\(outer) dimensions of updates.shape=\(updates), and the inner dimensions of "
          + "params.shape=\(variable) must match those of updates")
    }
    let length = variable.count(in: depth..<variable.rank)
    let strides = variable.strides
    let values = try indices.integers()
    let count = indices.shape.count(in: 0..<outer)
    var offsets = [Int](repeating: -1, count: count)
    for position in 0..<count {
      let start = position &* depth
      var offset = 0
      var isInside = true
      for dimension in 0..<depth {
        let index = values[start &+ dimension]
        guard index >= 0, index < variable[dimension] else {
          isInside = false
          break
        }
        offset &+= index &* strides[dimension]
      }
      if isInside {
        offsets[position] = offset
      } else if !ignoringBadIndices {
        let place = index(of: position, in: indices.shape, upTo: outer)
        let found = values[start..<(start &+ depth)].map(String.init).joined(separator: ", ")
        throw .invalidArgument(
          "indices\(place) = [\(found)] does not index into shape \(variable)")
      }
    }
    return ScatterPlan(offsets: offsets, length: length, isRepeating: false)
  }

  /// `[2,0]`: where element `position` of the first `rank` dimensions of `shape` stands.
  private static func index(of position: Int, in shape: Shape, upTo rank: Int) -> String {
    var rest = position
    var result: [Int] = []
    for dimension in (0..<rank).reversed() {
      let size = Swift.max(shape[dimension], 1)
      result.append(rest % size)
      rest /= size
    }
    return "[" + result.reversed().map(String.init).joined(separator: ",") + "]"
  }
}

extension KernelConstruction {
  /// Whether indices outside are left out instead of being an error.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for a policy TensorFlow does not have.
  func ignoresBadIndices() throws(StatusError) -> Bool {
    guard attributes["bad_indices_policy"] != nil else { return false }
    switch try attributes.string("bad_indices_policy") {
    case "", "DEFAULT", "ERROR": return false
    case "IGNORE": return true
    case let other: throw .invalidArgument("Invalid bad_indices_policy: \(other)")
    }
  }
}

/// Combines updates with elements of a variable.
final class ScatterKernel<Body: ScatterBody>: Kernel {
  private let isReference: Bool
  private let places: ScatterPlaces
  private let ignoresBadIndices: Bool
  private let check: @Sendable (AnyTensor) throws -> Void

  init(
    _ construction: KernelConstruction, places: ScatterPlaces,
    check: @escaping @Sendable (AnyTensor) throws -> Void
  ) throws(StatusError) {
    isReference = construction.inputTypes.first?.isReference ?? false
    self.places = places
    self.check = check
    ignoresBadIndices = try construction.ignoresBadIndices()
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let cell = try context.variable(0, isReference: isReference)
    let (indices, updates) = (try context.input(1), try context.input(2))
    do { try check(updates) } catch { throw StatusError.wrapping(error) }
    let budget = context.budget
    let (places, ignores) = (self.places, ignoresBadIndices)
    try cell.change(isReference: isReference) { (locked) throws(StatusError) in
      let plan = try places.plan(
        locked.shape(0), indices: indices, updates: updates.shape, ignoringBadIndices: ignores)
      try ScatterLoop<Body>.run(
        locked.writable(budget: budget)[0], offsets: plan.offsets, length: plan.length,
        updates: updates, repeating: plan.isRepeating)
    }
    if isReference { try context.setReference(0, cell) }
  }
}

/// Replaces elements of a variable, whatever their dtype.
final class ScatterUpdateKernel: Kernel {
  private let isReference: Bool
  private let places: ScatterPlaces
  private let ignoresBadIndices: Bool

  init(_ construction: KernelConstruction, places: ScatterPlaces) throws(StatusError) {
    isReference = construction.inputTypes.first?.isReference ?? false
    self.places = places
    ignoresBadIndices = try construction.ignoresBadIndices()
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let cell = try context.variable(0, isReference: isReference)
    let (indices, updates) = (try context.input(1), try context.input(2))
    let budget = context.budget
    let (places, ignores) = (self.places, ignoresBadIndices)
    try cell.change(isReference: isReference) { (locked) throws(StatusError) in
      let plan = try places.plan(
        locked.shape(0), indices: indices, updates: updates.shape, ignoringBadIndices: ignores)
      guard locked[0]?.dtype == updates.dtype else {
        throw .invalidArgument("Expected a variable of \(updates.dtype)")
      }
      try SliceCopy.scatter(
        from: updates, offsets: plan.offsets, length: plan.length, repeating: plan.isRepeating,
        into: locked.writable(budget: budget)[0])
    }
    if isReference { try context.setReference(0, cell) }
  }
}
