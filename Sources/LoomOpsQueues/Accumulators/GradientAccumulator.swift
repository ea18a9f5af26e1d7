import LoomCore
import LoomKernels

/// Adds up gradients until somebody takes their mean (or sum), and drops those that come too late.
final class GradientAccumulator: Resource {
  let name: String
  let dtype: DType
  /// What is known of the gradients' shape.
  let shape: PartialShape
  let isMean: Bool
  let isSparse: Bool
  let room: WaitingRoom<AccumulatorState>

  init(
    name: String, dtype: DType, shape: PartialShape, isMean: Bool, isSparse: Bool
  ) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.isMean = isMean
    self.isSparse = isSparse
    room = WaitingRoom(AccumulatorState(name: name))
  }

  var summary: String {
    let count = (try? room.read { $0.count }) ?? 0
    return "accumulator '\(name)' of \(dtype) with \(count) gradients"
  }

  /// Refuses another kind than the one the op is for.
  func check(isSparse: Bool, _ dtype: DType) throws(StatusError) {
    guard self.isSparse == isSparse else {
      throw .invalidArgument(
        "Expected a \(isSparse ? "sparse" : "dense") accumulator, but '\(name)' is "
          + "\(self.isSparse ? "sparse" : "dense")")
    }
    guard self.dtype == dtype else {
      throw .invalidArgument("Expected gradients of \(self.dtype), got \(dtype)")
    }
  }
}

/// What an accumulator holds.
struct AccumulatorState: Sendable {
  let name: String
  /// Gradients of an earlier step are stale.
  var step: Int64 = 0
  /// How many gradients make up the sum.
  var count = 0
  var sum: AccumulatedGradients?
}

/// A sum of gradients: of all elements, or of some rows.
struct AccumulatedGradients: Sendable {
  /// The sum itself; the sums of rows for sparse gradients.
  var values: AnyTensor
  /// Which rows, and how many gradients each is the sum of; empty for dense gradients.
  var rows: [Int64] = []
  var counts: [Int] = []
}

/// Takes the mean, or the sum, once there are enough gradients.
struct TakeGradientRequest: WaitingRequest {
  let required: Int
  let accumulator: GradientAccumulator
  private var taken: AccumulatorState?

  init(_ required: Int, from accumulator: GradientAccumulator) throws(StatusError) {
    guard required > 0 else {
      throw .invalidArgument("Argument num_required must be positive, but was \(required)")
    }
    self.required = required
    self.accumulator = accumulator
  }

  mutating func attempt(_ state: inout AccumulatorState) throws(StatusError) -> WaitingProgress {
    guard state.count >= required, state.sum != nil else { return .none }
    taken = state
    state.count = 0
    state.sum = nil
    state.step &+= 1
    return .done
  }

  func deliver(to context: borrowing KernelContext) throws(StatusError) {
    guard let taken, let sum = taken.sum else { return }
    let counts = accumulator.isSparse ? sum.counts : [taken.count]
    let values =
      accumulator.isMean
      ? try GradientArithmetic.divide(sum.values, by: counts, budget: context.budget) : sum.values
    guard accumulator.isSparse else { return try context.setOutput(0, values) }
    try context.setOutput(0, AnyTensor(sum.rows, shape: Shape(vector: sum.rows.count)))
    try context.setOutput(1, values)
    var sizes = values.shape.sizes.map { Int64($0) }
    if !sizes.isEmpty { sizes[0] = Int64(accumulator.shape[0] ?? -1) }
    try context.setOutput(2, AnyTensor(sizes, shape: Shape(vector: sizes.count)))
  }

  func withdraw(from state: inout AccumulatorState) {
    // What came in meanwhile belongs to a later step.
    if let taken, state.count == 0 { state = taken }
  }

  func summary(_ state: AccumulatorState, waiting: [Int]) -> String {
    "gradient of accumulator '\(state.name)' (\(state.count) of \(required) gradients are there; "
      + "\(waiting[0]) wait)"
  }
}
