import LoomCore
import LoomGraph
import LoomKernels

/// The elements that a predicate holds for.
enum FilterDataset: DatasetOp {
  static let signature = OpSignature(
    "FilterDataset", inputs: ["input_dataset: variant", "other_arguments: Targuments"],
    outputs: ["handle: variant"],
    attributes: ["predicate: func", "Targuments: list(type) >= 0"] + DatasetAttributes.described)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let predicate = try node.compiledFunction("predicate")
    return DatasetMaker { context in
      Filtered(
        input: try context.dataset(0),
        predicate: try context.function(predicate, capturing: 1..<context.inputCount))
    }
  }
}

/// ``FilterDataset`` that may ask about several elements at once.
enum ParallelFilterDataset: DatasetOp {
  static let signature = OpSignature(
    "ParallelFilterDataset",
    inputs: ["input_dataset: variant", "other_arguments: Targuments", "num_parallel_calls: int64"],
    outputs: ["handle: variant"],
    attributes: [
      "predicate: func", "deterministic: string = \"default\"", "Targuments: list(type) >= 0",
    ] + DatasetAttributes.described)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let predicate = try node.compiledFunction("predicate")
    return DatasetMaker { context in
      _ = try context.parallelism(context.inputCount - 1)
      return Filtered(
        input: try context.dataset(0),
        predicate: try context.function(predicate, capturing: 1..<context.inputCount - 1))
    }
  }
}

/// The elements whose last component is true.
enum FilterByLastComponentDataset: DatasetOp {
  static let signature = OpSignature(
    "FilterByLastComponentDataset", inputs: ["input_dataset: variant"],
    outputs: ["output: variant"], attributes: DatasetAttributes.elements)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let elements = try ElementSpecification(node.attributes)
    return DatasetMaker { context in
      FilteredByLast(input: try context.dataset(0), elements: elements)
    }
  }
}

/// The elements up to the first that a predicate does not hold for.
enum TakeWhileDataset: DatasetOp {
  static let signature = OpSignature(
    "TakeWhileDataset", inputs: ["input_dataset: variant", "other_arguments: Targuments"],
    outputs: ["handle: variant"],
    attributes: ["predicate: func", "Targuments: list(type) >= 0"] + DatasetAttributes.described)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let predicate = try node.compiledFunction("predicate")
    return DatasetMaker { context in
      TakenWhile(
        input: try context.dataset(0),
        predicate: try context.function(predicate, capturing: 1..<context.inputCount))
    }
  }
}

private struct Filtered: DatasetValue {
  let input: any DatasetValue
  let predicate: DatasetFunction

  var elements: ElementSpecification { input.elements }
  var inputs: [any DatasetValue] { [input] }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let predicate = self.predicate
    return Iterator(try input.makeIterator(services), predicate)
  }

  private final class Iterator: DatasetIterator {
    var input: (any DatasetIterator)?
    let predicate: DatasetFunction
    let caller = FunctionCaller()

    init(_ input: any DatasetIterator, _ predicate: DatasetFunction) {
      self.input = input
      self.predicate = predicate
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while let input {
        try services.cancellation.check()
        guard let element = try input.next(services) else { break }
        if try caller.isTrue(predicate, element, services) { return element }
      }
      input = nil
      return nil
    }
  }
}

private struct FilteredByLast: DatasetValue {
  let input: any DatasetValue
  let elements: ElementSpecification

  var inputs: [any DatasetValue] { [input] }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    Iterator(try input.makeIterator(services))
  }

  private final class Iterator: DatasetIterator {
    let input: any DatasetIterator

    init(_ input: any DatasetIterator) { self.input = input }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while let element = try input.next(services) {
        try services.cancellation.check()
        guard let last = element.last, last.dtype == .bool, last.elementCount == 1 else {
          throw .invalidArgument("Last component must be a bool scalar.")
        }
        if try last.element(0, of: Bool.self) { return Array(element.dropLast()) }
      }
      return nil
    }
  }
}

private struct TakenWhile: DatasetValue {
  let input: any DatasetValue
  let predicate: DatasetFunction

  var elements: ElementSpecification { input.elements }
  var inputs: [any DatasetValue] { [input] }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let predicate = self.predicate
    return Iterator(try input.makeIterator(services), predicate)
  }

  private final class Iterator: DatasetIterator {
    var input: (any DatasetIterator)?
    let predicate: DatasetFunction
    let caller = FunctionCaller()

    init(_ input: any DatasetIterator, _ predicate: DatasetFunction) {
      self.input = input
      self.predicate = predicate
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      if let input, let element = try input.next(services),
        try caller.isTrue(predicate, element, services)
      {
        return element
      }
      input = nil
      return nil
    }
  }
}
