import LoomCore
import LoomGraph
import LoomKernels

/// Each element with a given probability.
enum SamplingDataset: DatasetOp {
  static let signature = OpSignature(
    "SamplingDataset",
    inputs: ["input_dataset: variant", "rate: float", "seed: int64", "seed2: int64"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements)
  static let scalarInputs = [1, 2, 3]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      let seed: Int64 = try context.argument(2, "seed")
      let seed2: Int64 = try context.argument(3, "seed2")
      return Sampled(
        input: try context.dataset(0), rate: try context.argument(1, "rate"),
        seeds: SeedGenerator(seed: seed, seed2: seed2, varies: false))
    }
  }
}

private struct Sampled: DatasetValue {
  let input: any DatasetValue
  let rate: Float
  let seeds: SeedGenerator

  var elements: ElementSpecification { input.elements }
  var inputs: [any DatasetValue] { [input] }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let (rate, words) = (rate, seeds.makeWords())
    return Iterator(try input.makeIterator(services), rate, words)
  }

  private final class Iterator: DatasetIterator {
    let input: any DatasetIterator
    let rate: Float
    var words: PhiloxWords

    init(_ input: any DatasetIterator, _ rate: Float, _ words: PhiloxWords) {
      self.input = input
      self.rate = rate
      self.words = words
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while let element = try input.next(services) {
        try services.cancellation.check()
        // 23 bits of the word behind the point: a number from 0 up to 1.
        let number = Float(bitPattern: words.next() & 0x7f_ffff | 127 << 23) - 1
        if number < rate { return element }
      }
      return nil
    }
  }
}
