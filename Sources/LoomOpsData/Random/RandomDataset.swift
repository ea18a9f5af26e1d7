import LoomCore
import LoomGraph
import LoomKernels

/// Random numbers without end: evenly distributed over `0 ..< 2³²`.
enum RandomDataset: DatasetOp {
  static let signature = OpSignature(
    "RandomDataset", inputs: ["seed: int64", "seed2: int64"], outputs: ["handle: variant"],
    attributes: DatasetAttributes.described, isStateful: true)
  static let scalarInputs = [0, 1]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let elements = try ElementSpecification(node.attributes)
    return DatasetMaker { context in
      let seed: Int64 = try context.argument(0, "seed")
      let seed2: Int64 = try context.argument(1, "seed2")
      return RandomNumbers(
        seeds: SeedGenerator(seed: seed, seed2: seed2, varies: false), elements: elements)
    }
  }
}

/// ``RandomDataset`` whose iterators may all differ.
enum RandomDatasetV2: DatasetOp {
  static let signature = OpSignature(
    "RandomDatasetV2", inputs: ["seed: int64", "seed2: int64", "seed_generator: resource"],
    outputs: ["handle: variant"],
    attributes: ["rerandomize_each_iteration: bool = false"] + DatasetAttributes.described,
    isStateful: true)
  static let scalarInputs = [0, 1, 2]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let elements = try ElementSpecification(node.attributes)
    let varies = try node.attributes.bool("rerandomize_each_iteration")
    return DatasetMaker { context in
      let seed: Int64 = try context.argument(0, "seed")
      let seed2: Int64 = try context.argument(1, "seed2")
      let fresh = SeedGenerator(seed: seed, seed2: seed2, varies: varies)
      return RandomNumbers(seeds: try context.seedGenerator(2) ?? fresh, elements: elements)
    }
  }
}

private struct RandomNumbers: DatasetValue {
  let seeds: SeedGenerator
  let elements: ElementSpecification

  var cardinality: Cardinality { .infinite }

  func makeIterator(_ services: StepServices) -> sending any DatasetIterator {
    Iterator(seeds.makeWords())
  }

  private final class Iterator: DatasetIterator {
    var words: PhiloxWords

    init(_ words: PhiloxWords) { self.words = words }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      [try AnyTensor(scalar: Int64(words.next()))]
    }
  }
}
