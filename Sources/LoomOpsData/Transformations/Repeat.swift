import LoomCore
import LoomGraph
import LoomKernels

/// The elements several times over; for ever if `count` is negative.
enum RepeatDataset: DatasetOp {
  static let signature = OpSignature(
    "RepeatDataset", inputs: ["input_dataset: variant", "count: int64"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.described)
  static let scalarInputs = [1]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      let count: Int64 = try context.argument(1, "count")
      return Repeated(input: try context.dataset(0), count: count < 0 ? nil : Int(count))
    }
  }
}

struct Repeated: DatasetValue {
  let input: any DatasetValue
  /// `nil` repeats for ever.
  let count: Int?

  var elements: ElementSpecification { input.elements }
  var inputs: [any DatasetValue] { [input] }
  var cardinality: Cardinality { input.cardinality.repeated(count) }

  func makeIterator(_ services: StepServices) -> sending any DatasetIterator {
    Iterator(self)
  }

  private final class Iterator: DatasetIterator {
    let dataset: Repeated
    var input: (any DatasetIterator)?
    var remaining: Int?
    /// Whether the present round has given an element.
    var hasElements = false

    init(_ dataset: Repeated) {
      self.dataset = dataset
      remaining = dataset.count
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while remaining != 0 {
        try services.cancellation.check()
        let input: any DatasetIterator
        if let current = self.input {
          input = current
        } else {
          input = try dataset.input.makeIterator(services)
          self.input = input
          hasElements = false
        }
        if let element = try input.next(services) {
          hasElements = true
          return element
        }
        self.input = nil
        // A dataset without elements would be repeated without end.
        if let rounds = remaining { remaining = rounds - 1 } else if !hasElements { remaining = 0 }
      }
      return nil
    }
  }
}

extension Cardinality {
  /// That of so many repetitions; `nil` repeats for ever.
  func repeated(_ count: Int?) -> Cardinality {
    guard let count else { return self == .finite(0) ? .finite(0) : .infinite }
    if count == 0 { return .finite(0) }
    guard case .finite(let own) = self else { return self }
    return .finite(Checked.multiply(own, count) ?? .max)
  }
}
