import LoomCore
import LoomGraph
import LoomKernels

/// The first elements.
enum TakeDataset: DatasetOp {
  static let signature = OpSignature(
    "TakeDataset", inputs: ["input_dataset: variant", "count: int64"],
    outputs: ["handle: variant"],
    attributes: [
      "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
      "metadata: string = \"\"",
    ])
  static let scalarInputs = [1]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      let count: Int64 = try context.argument(1, "count")
      return Taken(input: try context.dataset(0), limit: count < 0 ? nil : Int(count))
    }
  }
}

/// The elements after the first ones.
enum SkipDataset: DatasetOp {
  static let signature = OpSignature(
    "SkipDataset", inputs: ["input_dataset: variant", "count: int64"],
    outputs: ["handle: variant"],
    attributes: [
      "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
      "metadata: string = \"\"",
    ])
  static let scalarInputs = [1]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      let count: Int64 = try context.argument(1, "count")
      return Skipped(input: try context.dataset(0), count: count < 0 ? nil : Int(count))
    }
  }
}

private struct Taken: DatasetValue {
  let input: any DatasetValue
  /// `nil` takes everything.
  let limit: Int?

  var elements: ElementSpecification { input.elements }
  var inputs: [any DatasetValue] { [input] }
  var cardinality: Cardinality {
    guard let limit else { return input.cardinality }
    return switch input.cardinality {
    case .finite(let count): .finite(min(count, limit))
    case .infinite: .finite(limit)
    case .unknown: limit == 0 ? .finite(0) : .unknown
    }
  }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let limit = self.limit
    return Iterator(try input.makeIterator(services), limit: limit ?? .max)
  }

  private final class Iterator: DatasetIterator {
    var input: (any DatasetIterator)?
    var remaining: Int

    init(_ input: any DatasetIterator, limit: Int) {
      self.input = input
      remaining = limit
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      guard remaining > 0, let element = try input?.next(services) else {
        input = nil
        return nil
      }
      remaining -= 1
      return element
    }
  }
}

private struct Skipped: DatasetValue {
  let input: any DatasetValue
  /// `nil` skips everything.
  let count: Int?

  var elements: ElementSpecification { input.elements }
  var inputs: [any DatasetValue] { [input] }
  var cardinality: Cardinality {
    guard let count else { return .finite(0) }
    return input.cardinality.map { max($0 - count, 0) }
  }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let count = self.count
    return Iterator(try input.makeIterator(services), count: count)
  }

  private final class Iterator: DatasetIterator {
    var input: (any DatasetIterator)?
    var remaining: Int

    init(_ input: any DatasetIterator, count: Int?) {
      self.input = count == nil ? nil : input
      remaining = count ?? 0
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while remaining > 0, let input {
        try services.cancellation.check()
        remaining -= 1
        if try input.next(services) == nil { self.input = nil }
      }
      guard let element = try input?.next(services) else {
        input = nil
        return nil
      }
      return element
    }
  }
}
