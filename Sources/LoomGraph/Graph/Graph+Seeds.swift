import LoomCore
import Synchronization

extension Graph {
  /// The seed from which operations without a seed of their own derive theirs; `nil` for entropy.
  public var randomSeed: Int? {
    get { state.withLock { $0.seed } }
    set { state.withLock { $0.seed = newValue } }
  }

  /// The attributes `seed` and `seed2` of the next random operation, as TensorFlow's client picks them.
  public func seeds(operationSeed: Int?) -> (seed: Int, seed2: Int) {
    // TensorFlow's default graph seed.
    let defaultGraphSeed = 87_654_321
    let pair: (Int, Int) = state.withLock { state in
      switch (state.seed, operationSeed) {
      case (let graph?, let operation?): return (graph, operation)
      case (nil, let operation?): return (defaultGraphSeed, operation)
      case (let graph?, nil):
        defer { state.randomOperationCount += 1 }
        return (graph, state.randomOperationCount)
      case (nil, nil): return (0, 0)
      }
    }
    let seeded = operationSeed != nil || randomSeed != nil
    // (0, 0) means "from entropy" to the kernels, so a given pair of zeros is moved aside.
    return seeded && pair == (0, 0) ? (0, Int(Int32.max)) : pair
  }
}
