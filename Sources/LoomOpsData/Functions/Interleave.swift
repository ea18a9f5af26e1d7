import LoomCore
import LoomGraph
import LoomKernels

/// The elements of the datasets that a function returns, one dataset after the other.
enum FlatMapDataset: DatasetOp {
  static let signature = OpSignature(
    "FlatMapDataset", inputs: ["input_dataset: variant", "other_arguments: Targuments"],
    outputs: ["handle: variant"],
    attributes: ["f: func", "Targuments: list(type) >= 0"] + DatasetAttributes.described)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let body = try node.compiledFunction("f")
    let elements = try ElementSpecification(node.attributes)
    return DatasetMaker { context in
      Interleaved(
        input: try context.dataset(0),
        function: try context.function(body, capturing: 1..<context.inputCount),
        elements: elements, cycle: 1, block: 1)
    }
  }
}

/// The elements of the datasets that a function returns, some from each of several in turn.
enum InterleaveDataset: DatasetOp {
  static let signature = OpSignature(
    "InterleaveDataset",
    inputs: [
      "input_dataset: variant", "other_arguments: Targuments", "cycle_length: int64",
      "block_length: int64",
    ], outputs: ["handle: variant"],
    attributes: ["f: func", "Targuments: list(type) >= 0"] + DatasetAttributes.described)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try interleaved(node)
  }
}

/// ``InterleaveDataset`` that may read several datasets at once.
enum ParallelInterleaveDatasetV2: DatasetOp {
  static let signature = OpSignature(
    "ParallelInterleaveDatasetV2",
    inputs: [
      "input_dataset: variant", "other_arguments: Targuments", "cycle_length: int64",
      "block_length: int64", "num_parallel_calls: int64",
    ], outputs: ["handle: variant"],
    attributes: [
      "f: func", "Targuments: list(type) >= 0", "output_types: list(type) >= 1",
      "output_shapes: list(shape) >= 1", "sloppy: bool = false", "metadata: string = \"\"",
    ])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try interleaved(node, parallelism: 2)
  }
}

/// ``InterleaveDataset`` that may read several datasets at once.
enum ParallelInterleaveDatasetV3: DatasetOp {
  static let signature = OpSignature(
    "ParallelInterleaveDatasetV3",
    inputs: [
      "input_dataset: variant", "other_arguments: Targuments", "cycle_length: int64",
      "block_length: int64", "num_parallel_calls: int64",
    ], outputs: ["handle: variant"],
    attributes: ["f: func", "deterministic: string = \"default\"", "Targuments: list(type) >= 0"]
      + DatasetAttributes.described)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try interleaved(node, parallelism: 2)
  }
}

/// ``InterleaveDataset`` that may read several datasets at once, and ahead.
enum ParallelInterleaveDatasetV4: DatasetOp {
  static let signature = OpSignature(
    "ParallelInterleaveDatasetV4",
    inputs: [
      "input_dataset: variant", "other_arguments: Targuments", "cycle_length: int64",
      "block_length: int64", "buffer_output_elements: int64", "prefetch_input_elements: int64",
      "num_parallel_calls: int64",
    ], outputs: ["handle: variant"],
    attributes: ["f: func", "deterministic: string = \"default\"", "Targuments: list(type) >= 0"]
      + DatasetAttributes.described)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try interleaved(node, parallelism: 4)
  }
}

/// - Parameter parallelism: where after the captured inputs the number of parallel calls stands.
private func interleaved(
  _ node: KernelConstruction, parallelism: Int? = nil
) throws(StatusError) -> DatasetMaker {
  let body = try node.compiledFunction("f")
  let elements = try ElementSpecification(node.attributes)
  let captured = try node.attributes.typeCount("Targuments")
  return DatasetMaker { context in
    var cycle: Int64 = try context.argument(1 + captured, "cycle_length")
    let block: Int64 = try context.argument(2 + captured, "block_length")
    if let parallelism {
      _ = try context.parallelism(1 + captured + parallelism)
      // -1 leaves the choice to the runtime.
      if cycle == -1 { cycle = Int64(max(context.workers.threadCount, 1)) }
    }
    guard cycle > 0 else {
      throw StatusError.invalidArgument("`cycle_length` must be > 0")
    }
    guard block > 0 else {
      throw StatusError.invalidArgument("`block_length` must be > 0")
    }
    return Interleaved(
      input: try context.dataset(0),
      function: try context.function(body, capturing: 1..<1 + captured), elements: elements,
      cycle: Int(cycle), block: Int(block))
  }
}

/// The elements of the datasets that `function` returns: `block` elements of each of `cycle` datasets
/// in turn.
private struct Interleaved: DatasetValue {
  let input: any DatasetValue
  let function: DatasetFunction
  let elements: ElementSpecification
  let cycle: Int
  let block: Int

  var inputs: [any DatasetValue] { [input] }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let dataset = self
    return Iterator(try input.makeIterator(services), dataset)
  }

  private final class Iterator: DatasetIterator {
    let dataset: Interleaved
    var input: (any DatasetIterator)?
    /// The places of the cycle that were ever taken; at most `cycle`.
    var places: [(any DatasetIterator)?] = []
    var place = 0
    var taken = 0
    var open = 0
    let caller = FunctionCaller()

    init(_ input: any DatasetIterator, _ dataset: Interleaved) {
      self.input = input
      self.dataset = dataset
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while input != nil || open > 0 {
        try services.cancellation.check()
        if places.indices.contains(place), let current = places[place] {
          if let element = try current.next(services) {
            taken += 1
            if taken >= dataset.block { advance() }
            return element
          }
          places[place] = nil
          open -= 1
          advance()
        } else if let input {
          guard let element = try input.next(services) else {
            self.input = nil
            continue
          }
          let inner = try caller.makeIterator(dataset.function, element, services)
          if places.indices.contains(place) { places[place] = inner } else { places.append(inner) }
          open += 1
        } else {
          advance()
        }
      }
      return nil
    }

    private func advance() {
      taken = 0
      // While there is input, places are taken one after the other; later only those count.
      let count = input == nil ? max(places.count, 1) : dataset.cycle
      place = place + 1 >= count ? 0 : place + 1
    }
  }
}

extension FunctionCaller {
  /// An iterator over the dataset that `function` returns for an element.
  func makeIterator(
    _ function: DatasetFunction, _ element: [AnyTensor], _ services: StepServices
  ) throws(StatusError) -> any DatasetIterator {
    let result = try call(function, element, services)
    guard result.count == 1, result[0].dtype == .variant, result[0].shape.isScalar else {
      throw .invalidArgument("Function must return a single scalar of dtype DT_VARIANT.")
    }
    return try result[0].dataset().makeIterator(services)
  }
}
