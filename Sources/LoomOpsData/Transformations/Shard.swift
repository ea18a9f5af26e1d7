import LoomCore
import LoomGraph
import LoomKernels

/// Every so many elements, beginning with the element of this shard's number.
enum ShardDataset: DatasetOp {
  static let signature = OpSignature(
    "ShardDataset", inputs: ["input_dataset: variant", "num_shards: int64", "index: int64"],
    outputs: ["handle: variant"],
    attributes: ["require_non_empty: bool = false"] + DatasetAttributes.described)
  static let scalarInputs = [1, 2]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let requiresElements = try node.attributes.bool("require_non_empty")
    return DatasetMaker { context in
      let count: Int64 = try context.argument(1, "num_shards")
      let index: Int64 = try context.argument(2, "index")
      guard count > 0 else {
        throw StatusError.invalidArgument(
          "Number of shards must be greater than zero (currently num_shards = \(count)).")
      }
      guard index >= 0, index < count else {
        throw StatusError.invalidArgument(
          "Index must be between 0 and \(count - 1) (currently index = \(index)).")
      }
      return Shard(
        input: try context.dataset(0), count: Int(count), index: Int(index),
        requiresElements: requiresElements)
    }
  }
}

private struct Shard: DatasetValue {
  let input: any DatasetValue
  let count: Int
  let index: Int
  let requiresElements: Bool

  var elements: ElementSpecification { input.elements }
  var inputs: [any DatasetValue] { [input] }
  var cardinality: Cardinality {
    input.cardinality.map { $0 / count + (index < $0 % count ? 1 : 0) }
  }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let dataset = self
    return Iterator(try input.makeIterator(services), dataset)
  }

  private final class Iterator: DatasetIterator {
    let dataset: Shard
    var input: (any DatasetIterator)?
    /// How many elements were read.
    var position = 0

    init(_ input: any DatasetIterator, _ dataset: Shard) {
      self.input = input
      self.dataset = dataset
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while let input {
        try services.cancellation.check()
        guard let element = try input.next(services) else {
          self.input = nil
          if dataset.requiresElements, position < dataset.count { throw tooFew }
          return nil
        }
        position &+= 1
        guard (position &- 1) % dataset.count == dataset.index else { continue }
        if dataset.requiresElements, position <= dataset.count { try checkOthers(services) }
        return element
      }
      return nil
    }

    private var tooFew: StatusError {
      .invalidArgument(
        "Could not apply FilterForShard: there aren't enough elements in this dataset for each shard "
          + "to have at least one element (# elems = \(position), # shards = \(dataset.count)).")
    }

    /// The shards after this one must get an element too.
    private func checkOthers(_ services: StepServices) throws(StatusError) {
      while position < dataset.count, let input {
        guard try input.next(services) != nil else {
          self.input = nil
          throw tooFew
        }
        position += 1
      }
    }
  }
}
