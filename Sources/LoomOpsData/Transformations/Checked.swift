import LoomCore
import LoomGraph
import LoomKernels

/// The elements without those that cannot be had because of an error.
enum IgnoreErrorsDataset: DatasetOp {
  static let signature = OpSignature(
    "IgnoreErrorsDataset", inputs: ["input_dataset: variant"], outputs: ["handle: variant"],
    attributes: [
      "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
      "log_warning: bool = false",
    ])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in WithoutErrors(input: try context.dataset(0)) }
  }
}

/// The same elements; an error if there are not as many as stated.
enum AssertCardinalityDataset: DatasetOp {
  static let signature = OpSignature(
    "AssertCardinalityDataset", inputs: ["input_dataset: variant", "cardinality: int64"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements)
  static let scalarInputs = [1]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      let cardinality: Int64 = try context.argument(1, "cardinality")
      return Counted(
        input: try context.dataset(0), cardinality: Cardinality(number: cardinality))
    }
  }
}

private struct WithoutErrors: DatasetValue {
  let input: any DatasetValue

  var elements: ElementSpecification { input.elements }
  var inputs: [any DatasetValue] { [input] }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    Iterator(try input.makeIterator(services))
  }

  private final class Iterator: DatasetIterator {
    let input: any DatasetIterator

    init(_ input: any DatasetIterator) { self.input = input }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while true {
        do throws(StatusError) { return try input.next(services) } catch {
          try services.cancellation.check()
          if error.code == .cancelled { throw error }
        }
      }
    }
  }
}

private struct Counted: DatasetValue {
  let input: any DatasetValue
  let cardinality: Cardinality

  var elements: ElementSpecification { input.elements }
  var inputs: [any DatasetValue] { [input] }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let cardinality = self.cardinality
    return Iterator(try input.makeIterator(services), cardinality)
  }

  private final class Iterator: DatasetIterator {
    let input: any DatasetIterator
    let cardinality: Cardinality
    var count = 0

    init(_ input: any DatasetIterator, _ cardinality: Cardinality) {
      self.input = input
      self.cardinality = cardinality
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      let element = try input.next(services)
      if element != nil { count += 1 }
      switch (cardinality, element) {
      case (.finite(let expected), nil) where count < expected,
        (.finite(let expected), nil) where count > expected:
        throw mismatch("\(text(expected))", "only \(text(count))")
      case (.infinite, nil):
        throw mismatch("an infinite number of elements", "only \(text(count))")
      case (.finite(let expected), _) where count > expected:
        throw mismatch("\(text(expected))", "at least \(text(count))")
      default: return element
      }
    }

    private func text(_ count: Int) -> String { count == 1 ? "1 element" : "\(count) elements" }

    private func mismatch(_ expected: String, _ actual: String) -> StatusError {
      .failedPrecondition(
        "Input dataset was expected to contain \(expected) but contained \(actual).")
    }
  }
}
