import LoomCore
import LoomGraph
import LoomKernels

/// Elements of several datasets in the order that another dataset tells.
enum DirectedInterleaveDataset: DatasetOp {
  static let signature = OpSignature(
    "DirectedInterleaveDataset",
    inputs: ["selector_input_dataset: variant", "data_input_datasets: N * variant"],
    outputs: ["handle: variant"],
    attributes: [
      "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1", "N: int >= 1",
      "stop_on_empty_dataset: bool = false",
    ])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    // The op's first form has no such attribute.
    let stopsOnEmpty = node.attributes["stop_on_empty_dataset"] == .bool(true)
    return DatasetMaker { context in
      let selector = try context.dataset(0)
      guard selector.elements.types.map(\.base) == [.int64] else {
        throw StatusError.invalidArgument(
          "The selector dataset must have only a single output of dtype int64, got "
            + "\(selector.elements.types)")
      }
      guard selector.elements.shapes[0].isCompatible(with: Shape.scalar) else {
        throw StatusError.invalidArgument("The selector dataset must give scalars.")
      }
      var choices: [any DatasetValue] = []
      for index in 1..<context.inputCount {
        let choice = try context.dataset(index)
        if let first = choices.first,
          first.elements.types.map(\.base) != choice.elements.types.map(\.base)
        {
          throw StatusError.invalidArgument(
            "All inputs must have the same output_types: input 0 has \(first.elements.types), input "
              + "\(index - 1) has \(choice.elements.types).")
        }
        choices.append(choice)
      }
      return Directed(selector: selector, choices: choices, stopsOnEmpty: stopsOnEmpty)
    }
  }
}

private struct Directed: DatasetValue {
  let selector: any DatasetValue
  let choices: [any DatasetValue]
  let stopsOnEmpty: Bool

  var inputs: [any DatasetValue] { [selector] + choices }

  var elements: ElementSpecification {
    var result = choices[0].elements
    for choice in choices.dropFirst() {
      result.shapes = zip(result.shapes, choice.elements.shapes).map { $0.relaxed(with: $1) }
    }
    return result
  }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let stopsOnEmpty = self.stopsOnEmpty
    let iterator = Iterator(try selector.makeIterator(services), stopsOnEmpty: stopsOnEmpty)
    for choice in choices { iterator.choices.append(try choice.makeIterator(services)) }
    iterator.active = choices.count
    return iterator
  }

  private final class Iterator: DatasetIterator {
    var selector: (any DatasetIterator)?
    var choices: [(any DatasetIterator)?] = []
    var active = 0
    let stopsOnEmpty: Bool

    init(_ selector: any DatasetIterator, stopsOnEmpty: Bool) {
      self.selector = selector
      self.stopsOnEmpty = stopsOnEmpty
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while active > 0, let chosen = try selector?.next(services) {
        try services.cancellation.check()
        guard let index = try chosen.first?.element(0, of: Int64.self), index >= 0,
          index < choices.count
        else {
          throw .invalidArgument(
            "Selector index out of range: \(chosen) >= \(choices.count)")
        }
        guard let choice = choices[Int(index)] else { continue }
        if let element = try choice.next(services) { return element }
        choices[Int(index)] = nil
        active -= 1
        if stopsOnEmpty { break }
      }
      selector = nil
      choices = []
      return nil
    }
  }
}
