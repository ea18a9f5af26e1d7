import LoomCore
import LoomGraph
import LoomKernels

/// The elements of the datasets that a function returns, in the order of TensorFlow's first
/// `parallel_interleave`.
enum ParallelInterleaveDataset: DatasetOp {
  static let signature = OpSignature(
    "ParallelInterleaveDataset",
    inputs: [
      "input_dataset: variant", "other_arguments: Targuments", "cycle_length: int64",
      "block_length: int64", "sloppy: bool", "buffer_output_elements: int64",
      "prefetch_input_elements: int64",
    ], outputs: ["handle: variant"],
    attributes: ["f: func", "Targuments: list(type) >= 0"] + DatasetAttributes.described)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try legacyInterleaved(node, buffers: 3)
  }
}

/// ``ParallelInterleaveDataset`` with determinism as an attribute.
enum LegacyParallelInterleaveDatasetV2: DatasetOp {
  static let signature = OpSignature(
    "LegacyParallelInterleaveDatasetV2",
    inputs: [
      "input_dataset: variant", "other_arguments: Targuments", "cycle_length: int64",
      "block_length: int64", "buffer_output_elements: int64", "prefetch_input_elements: int64",
    ], outputs: ["handle: variant"],
    attributes: ["f: func", "deterministic: string = \"default\"", "Targuments: list(type) >= 0"]
      + DatasetAttributes.described)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try legacyInterleaved(node, buffers: 2)
  }
}

/// - Parameter buffers: where after the captured inputs the sizes of buffers stand.
func legacyInterleaved(
  _ node: KernelConstruction, buffers: Int
) throws(StatusError) -> DatasetMaker {
  let body = try node.compiledFunction("f")
  let elements = try ElementSpecification(node.attributes)
  let captured = try node.attributes.typeCount("Targuments")
  return DatasetMaker { context in
    let first = 1 + captured
    let cycle: Int64 = try context.argument(first, "cycle_length")
    let block: Int64 = try context.argument(first + 1, "block_length")
    let output: Int64 = try context.argument(first + buffers, "buffer_output_elements")
    let input: Int64 = try context.argument(first + buffers + 1, "prefetch_input_elements")
    guard cycle > 0 else { throw StatusError.invalidArgument("`cycle_length` must be > 0") }
    guard block > 0 else { throw StatusError.invalidArgument("`block_length` must be > 0") }
    guard output > 0 || output == -1 else {
      throw StatusError.invalidArgument("`buffer_output_elements` must be -1 or > 0")
    }
    guard input >= 0 || input == -1 else {
      throw StatusError.invalidArgument("`prefetch_input_elements` must be -1 or >= 0")
    }
    return LegacyInterleaved(
      input: try context.dataset(0),
      function: try context.function(body, capturing: 1..<first), elements: elements,
      cycle: Int(cycle), block: Int(block), buffer: output == -1 ? Int(block) : Int(output))
  }
}

/// Blocks of `cycle` datasets in turn; a dataset that ends is replaced where it stood, and the turn
/// goes to the next.
private struct LegacyInterleaved: DatasetValue {
  let input: any DatasetValue
  let function: DatasetFunction
  let elements: ElementSpecification
  let cycle: Int
  let block: Int
  /// How many elements of each dataset are made ahead, each on a thread of its own.
  let buffer: Int

  var inputs: [any DatasetValue] { [input] }
  var mayWait: Bool { true }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let dataset = self
    return Iterator(
      DatasetOpener(
        try input.makeIterator(services), function, parallelism: cycle, ahead: cycle,
        buffer: buffer), dataset)
  }

  private final class Iterator: DatasetIterator {
    let dataset: LegacyInterleaved
    var opener: DatasetOpener?
    /// `nil` where a dataset ended and there is no other.
    var places: [(any DatasetIterator)?] = []
    var isStarted = false
    var place = 0
    var taken = 0

    init(_ opener: DatasetOpener, _ dataset: LegacyInterleaved) {
      self.opener = opener
      self.dataset = dataset
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      if !isStarted {
        isStarted = true
        while places.count < dataset.cycle, let first = try open(services) { places.append(first) }
      }
      var empty = 0
      while empty < places.count {
        try services.cancellation.check()
        guard let current = places[place] else {
          empty += 1
          place = (place + 1) % places.count
          continue
        }
        empty = 0
        if let element = try current.next(services) {
          taken += 1
          if taken >= dataset.block {
            taken = 0
            place = (place + 1) % places.count
          }
          return element
        }
        places[place] = nil
        opener?.didEnd(current)
        if let other = try open(services) {
          places[place] = other
          taken = 0
        }
        place = (place + 1) % places.count
      }
      return nil
    }

    /// The next dataset; `nil` if there is none.
    private func open(_ services: StepServices) throws(StatusError) -> (any DatasetIterator)? {
      guard let next = try opener?.next(services) else {
        opener = nil
        return nil
      }
      return next
    }
  }
}
