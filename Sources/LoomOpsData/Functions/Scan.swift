import LoomCore
import LoomGraph
import LoomKernels

/// What a function returns for a state and each element; it also returns the next state.
enum ScanDataset: DatasetOp {
  static let signature = OpSignature(
    "ScanDataset",
    inputs: ["input_dataset: variant", "initial_state: Tstate", "other_arguments: Targuments"],
    outputs: ["handle: variant"],
    attributes: [
      "f: func", "Tstate: list(type) >= 1", "Targuments: list(type) >= 0",
      "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
      "preserve_cardinality: bool = false", "use_default_device: bool = true",
      "metadata: string = \"\"",
    ])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let body = try node.compiledFunction("f")
    let elements = try ElementSpecification(node.attributes)
    let stateTypes = try node.attributes.types("Tstate")
    let keepsCardinality = try node.attributes.bool("preserve_cardinality")
    return DatasetMaker { context in
      let end = 1 + stateTypes.count
      return Scanned(
        input: try context.dataset(0), initial: try context.inputs(1..<end),
        transform: ElementTransform(
          function: try context.function(body, capturing: end..<context.inputCount),
          keepsCardinality: keepsCardinality),
        elements: elements)
    }
  }
}

private struct Scanned: DatasetValue {
  let input: any DatasetValue
  let initial: [AnyTensor]
  let transform: ElementTransform
  let elements: ElementSpecification

  var inputs: [any DatasetValue] { [input] }
  var cardinality: Cardinality { transform.cardinality(of: input) }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let dataset = self
    return Iterator(try input.makeIterator(services), dataset)
  }

  private final class Iterator: DatasetIterator {
    let input: any DatasetIterator
    let dataset: Scanned
    var state: [AnyTensor]
    let caller = FunctionCaller()

    init(_ input: any DatasetIterator, _ dataset: Scanned) {
      self.input = input
      self.dataset = dataset
      state = dataset.initial
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      guard let element = try input.next(services),
        let results = try dataset.transform(state + element, caller.services(services))
      else { return nil }
      guard results.count == state.count + dataset.elements.count else {
        throw .invalidArgument(
          "`scan_func` returned \(results.count) results, expected "
            + "\(state.count + dataset.elements.count).")
      }
      let fresh = Array(results.prefix(state.count))
      try checkState(fresh, like: state)
      state = fresh
      return Array(results.dropFirst(state.count))
    }
  }
}

/// - Throws: ``StatusError/Code/invalidArgument`` if the dtypes of a state change.
func checkState(_ fresh: [AnyTensor], like state: [AnyTensor]) throws(StatusError) {
  guard fresh.count == state.count else {
    throw .invalidArgument(
      "The function returned a state of \(fresh.count) tensors, expected \(state.count).")
  }
  for (index, tensor) in fresh.enumerated() where tensor.dtype != state[index].dtype {
    throw .invalidArgument(
      "Mismatched type for state component \(index): expected \(state[index].dtype.name), got "
        + "\(tensor.dtype.name).")
  }
}
