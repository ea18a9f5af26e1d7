import LoomCore
import LoomGraph
import LoomKernels

/// Elements side by side, up to the end of the shortest input.
enum ZipDataset: DatasetOp {
  static let signature = OpSignature(
    "ZipDataset", inputs: ["input_datasets: N * variant"], outputs: ["handle: variant"],
    attributes: [
      "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1", "N: int >= 1",
      "metadata: string = \"\"",
    ])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      var inputs: [any DatasetValue] = []
      for index in 0..<context.inputCount { inputs.append(try context.dataset(index)) }
      return Zipped(inputs: inputs)
    }
  }
}

/// The elements of one dataset, then those of another.
enum ConcatenateDataset: DatasetOp {
  static let signature = OpSignature(
    "ConcatenateDataset", inputs: ["input_dataset: variant", "another_dataset: variant"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.described)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      let first = try context.dataset(0)
      let second = try context.dataset(1)
      guard first.elements.types.map(\.base) == second.elements.types.map(\.base) else {
        throw StatusError.invalidArgument(
          "input dataset and the dataset to concatenate have different output_types: "
            + "\(first.elements.types) and \(second.elements.types)")
      }
      return Concatenated(first: first, second: second)
    }
  }
}

private struct Zipped: DatasetValue {
  let inputs: [any DatasetValue]

  var elements: ElementSpecification {
    ElementSpecification(
      types: inputs.flatMap(\.elements.types), shapes: inputs.flatMap(\.elements.shapes))
  }

  var cardinality: Cardinality {
    var result = Cardinality.infinite
    for input in inputs {
      switch (input.cardinality, result) {
      case (.unknown, _): return .unknown
      case (.finite(let count), .finite(let least)): result = .finite(min(count, least))
      case (.finite(let count), _): result = .finite(count)
      default: break
      }
    }
    return result
  }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let iterator = Iterator()
    for input in inputs { iterator.inputs.append(try input.makeIterator(services)) }
    return iterator
  }

  private final class Iterator: DatasetIterator {
    var inputs: [any DatasetIterator] = []

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      guard !inputs.isEmpty else { return nil }
      var element: [AnyTensor] = []
      var fault: StatusError?
      for input in inputs {
        // The others move on past a faulty element too, so that they stay side by side.
        do throws(StatusError) {
          guard let part = try input.next(services) else {
            inputs = []
            return nil
          }
          element += part
        } catch { fault = fault ?? error }
      }
      if let fault { throw fault }
      return element
    }
  }
}

private struct Concatenated: DatasetValue {
  let first: any DatasetValue
  let second: any DatasetValue

  var inputs: [any DatasetValue] { [first, second] }

  var elements: ElementSpecification {
    ElementSpecification(
      types: first.elements.types,
      shapes: zip(first.elements.shapes, second.elements.shapes).map { $0.relaxed(with: $1) })
  }

  var cardinality: Cardinality {
    switch (first.cardinality, second.cardinality) {
    case (.infinite, _), (_, .infinite): .infinite
    case (.finite(let a), .finite(let b)): .finite(Checked.add(a, b) ?? .max)
    default: .unknown
    }
  }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let second = self.second
    return Iterator(try first.makeIterator(services), then: second)
  }

  private final class Iterator: DatasetIterator {
    var current: (any DatasetIterator)?
    var rest: (any DatasetValue)?

    init(_ first: any DatasetIterator, then rest: any DatasetValue) {
      current = first
      self.rest = rest
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while let input = current {
        if let element = try input.next(services) { return element }
        current = nil
        if let next = rest.take() { current = try next.makeIterator(services) }
      }
      return nil
    }
  }
}
