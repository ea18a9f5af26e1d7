import LoomCore
import LoomGraph
import LoomKernels

/// Elements drawn at random from a buffer of those that come next.
enum ShuffleDataset: DatasetOp {
  static let signature = OpSignature(
    "ShuffleDataset",
    inputs: ["input_dataset: variant", "buffer_size: int64", "seed: int64", "seed2: int64"],
    outputs: ["handle: variant"],
    attributes: ["reshuffle_each_iteration: bool = true"] + DatasetAttributes.described)
  static let scalarInputs = [1, 2, 3]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let varies = try node.attributes.bool("reshuffle_each_iteration")
    return DatasetMaker { context in
      try context.shuffled(seeds: context.freshSeeds(2, varies: varies), rounds: 1)
    }
  }
}

/// ``ShuffleDataset`` with a generator of seeds that outlives the dataset.
enum ShuffleDatasetV2: DatasetOp {
  static let signature = OpSignature(
    "ShuffleDatasetV2",
    inputs: ["input_dataset: variant", "buffer_size: int64", "seed_generator: resource"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.described, isStateful: true)
  static let scalarInputs = [1, 2]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      guard let seeds = try context.seedGenerator(2) else {
        throw StatusError.notFound("The handle of a seed generator points to nothing.")
      }
      return try context.shuffled(seeds: seeds, rounds: 1)
    }
  }
}

/// ``ShuffleDataset`` with a generator of seeds that may outlive the dataset.
enum ShuffleDatasetV3: DatasetOp {
  static let signature = OpSignature(
    "ShuffleDatasetV3",
    inputs: [
      "input_dataset: variant", "buffer_size: int64", "seed: int64", "seed2: int64",
      "seed_generator: resource",
    ], outputs: ["handle: variant"],
    attributes: ["reshuffle_each_iteration: bool = true"] + DatasetAttributes.described,
    isStateful: true)
  static let scalarInputs = [1, 2, 3, 4]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let varies = try node.attributes.bool("reshuffle_each_iteration")
    return DatasetMaker { context in
      let fresh = try context.freshSeeds(2, varies: varies)
      return try context.shuffled(seeds: context.seedGenerator(4) ?? fresh, rounds: 1)
    }
  }
}

/// Elements shuffled and repeated, without a pause between the rounds.
enum ShuffleAndRepeatDataset: DatasetOp {
  static let signature = OpSignature(
    "ShuffleAndRepeatDataset",
    inputs: [
      "input_dataset: variant", "buffer_size: int64", "seed: int64", "seed2: int64", "count: int64",
    ], outputs: ["handle: variant"],
    attributes: [
      "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
      "reshuffle_each_iteration: bool = true", "metadata: string = \"\"",
    ])
  static let scalarInputs = [1, 2, 3, 4]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let varies = try node.attributes.bool("reshuffle_each_iteration")
    return DatasetMaker { context in
      try context.shuffled(
        seeds: context.freshSeeds(2, varies: varies), rounds: context.roundCount(4))
    }
  }
}

/// ``ShuffleAndRepeatDataset`` with a generator of seeds that may outlive the dataset.
enum ShuffleAndRepeatDatasetV2: DatasetOp {
  static let signature = OpSignature(
    "ShuffleAndRepeatDatasetV2",
    inputs: [
      "input_dataset: variant", "buffer_size: int64", "seed: int64", "seed2: int64", "count: int64",
      "seed_generator: resource",
    ], outputs: ["handle: variant"],
    attributes: ["reshuffle_each_iteration: bool = true"] + DatasetAttributes.described,
    isStateful: true)
  static let scalarInputs = [1, 2, 3, 4, 5]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let varies = try node.attributes.bool("reshuffle_each_iteration")
    return DatasetMaker { context in
      let fresh = try context.freshSeeds(2, varies: varies)
      return try context.shuffled(
        seeds: context.seedGenerator(5) ?? fresh, rounds: context.roundCount(4))
    }
  }
}

extension KernelContext {
  /// A generator made of the seeds in inputs `index` and `index + 1`.
  fileprivate func freshSeeds(_ index: Int, varies: Bool) throws(StatusError) -> SeedGenerator {
    SeedGenerator(
      seed: try argument(index, "seed"), seed2: try argument(index + 1, "seed2"), varies: varies)
  }

  /// How often to repeat; `nil` is for ever.
  fileprivate func roundCount(_ index: Int) throws(StatusError) -> Int? {
    let count: Int64 = try argument(index, "count")
    guard count > 0 || count == -1 else {
      throw .invalidArgument("count must be greater than zero or equal to -1.")
    }
    return count < 0 ? nil : Int(count)
  }

  fileprivate func shuffled(
    seeds: SeedGenerator, rounds: Int?
  ) throws(StatusError) -> any DatasetValue {
    let size: Int64 = try argument(1, "buffer_size")
    // -2 stands for an unknown cardinality: everything is buffered.
    guard size > 0 || size == -2 else {
      throw .invalidArgument(
        "buffer_size must be greater than zero or UNKNOWN_CARDINALITY (-2), got \(size)")
    }
    return Shuffled(
      input: try dataset(0), size: size == -2 ? .max : Int(size), seeds: seeds, rounds: rounds)
  }
}

private struct Shuffled: DatasetValue {
  let input: any DatasetValue
  let size: Int
  let seeds: SeedGenerator
  /// `nil` repeats for ever.
  let rounds: Int?

  /// With more rounds than these in the buffer, nothing more is read.
  private static let mostRounds = 3

  var elements: ElementSpecification { input.elements }
  var inputs: [any DatasetValue] { [input] }
  var cardinality: Cardinality { input.cardinality.repeated(rounds) }

  func makeIterator(_ services: StepServices) -> sending any DatasetIterator { Iterator(self) }

  /// The buffered elements of one round, from `start` on.
  private struct Round {
    var elements: [[AnyTensor]] = []
    var start = 0
    var count: Int { elements.count - start }

    /// Takes the element `offset` places behind the first, whose place the first then takes.
    mutating func take(_ offset: Int) -> [AnyTensor] {
      let taken = elements[start + offset]
      elements[start + offset] = elements[start]
      elements[start] = []
      start += 1
      // The gap in front never grows beyond what there is behind it.
      if start * 2 >= elements.count {
        elements.removeFirst(start)
        start = 0
      }
      return taken
    }
  }

  private final class Iterator: DatasetIterator {
    let dataset: Shuffled
    var words: PhiloxWords
    var input: (any DatasetIterator)?
    /// Rounds with buffered elements, the oldest first.
    var rounds: [Round] = []
    var buffered = 0
    var started = 0
    /// Whether the present round has given an element.
    var hasElements = false
    var isAtEnd = false

    init(_ dataset: Shuffled) {
      self.dataset = dataset
      words = dataset.seeds.makeWords()
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      try fill(services)
      while rounds.count > 1, rounds[0].count == 0 {
        rounds.removeFirst()
        words = dataset.seeds.makeWords()
      }
      guard let count = rounds.first?.count, count > 0 else { return nil }
      let offset = Int(words.next()) % count
      buffered -= 1
      return rounds[0].take(offset)
    }

    private func fill(_ services: StepServices) throws(StatusError) {
      // A large buffer over a small dataset is not filled with ever more rounds.
      while buffered < dataset.size, !isAtEnd, rounds.count <= Shuffled.mostRounds || buffered == 0
      {
        try services.cancellation.check()
        if input == nil {
          if started == dataset.rounds {
            isAtEnd = true
            return
          }
          input = try dataset.input.makeIterator(services)
          started &+= 1
          hasElements = false
          rounds.append(Round())
        }
        guard let element = try input?.next(services) else {
          input = nil
          // A dataset without elements would be repeated without end.
          if dataset.rounds == nil, !hasElements { isAtEnd = true }
          continue
        }
        hasElements = true
        rounds[rounds.count - 1].elements.append(element)
        buffered += 1
      }
    }
  }
}
