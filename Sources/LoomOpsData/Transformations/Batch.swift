import LoomCore
import LoomGraph
import LoomKernels

/// Elements stacked along a new first dimension.
enum BatchDatasetV2: DatasetOp {
  static let signature = OpSignature(
    "BatchDatasetV2",
    inputs: ["input_dataset: variant", "batch_size: int64", "drop_remainder: bool"],
    outputs: ["handle: variant"],
    attributes: ["parallel_copy: bool = false"] + DatasetAttributes.described)
  static let scalarInputs = [1, 2]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in try context.batched(dropInput: 2) }
  }
}

/// Elements stacked along a new first dimension; the last batch may be smaller.
enum BatchDataset: DatasetOp {
  static let signature = OpSignature(
    "BatchDataset", inputs: ["input_dataset: variant", "batch_size: int64"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.described)
  static let scalarInputs = [1]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in try context.batched(dropInput: nil) }
  }
}

/// ``BatchDatasetV2`` that may make several batches at once.
enum ParallelBatchDataset: DatasetOp {
  static let signature = OpSignature(
    "ParallelBatchDataset",
    inputs: [
      "input_dataset: variant", "batch_size: int64", "num_parallel_calls: int64",
      "drop_remainder: bool",
    ], outputs: ["handle: variant"],
    attributes: [
      "parallel_copy: bool = false", "output_types: list(type) >= 1",
      "output_shapes: list(shape) >= 1", "deterministic: string = \"default\"",
      "metadata: string = \"\"",
    ])
  static let scalarInputs = [1, 2, 3]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in try context.batched(dropInput: 3) }
  }
}

extension KernelContext {
  /// Batches of the dataset of input 0, of the size in input 1.
  fileprivate func batched(dropInput: Int?) throws(StatusError) -> any DatasetValue {
    var dropsRemainder = false
    if let dropInput { dropsRemainder = try argument(dropInput, "drop_remainder") }
    return Batched(
      input: try dataset(0), size: try batchSize(1), dropsRemainder: dropsRemainder)
  }

  /// The size of batches in input `index`.
  func batchSize(_ index: Int) throws(StatusError) -> Int {
    let size: Int64 = try argument(index, "batch_size")
    guard size > 0 else { throw .invalidArgument("Batch size must be greater than zero.") }
    return Int(size)
  }
}

/// Consecutive elements stacked component by component.
struct Batched: DatasetValue {
  let input: any DatasetValue
  let size: Int
  let dropsRemainder: Bool

  var inputs: [any DatasetValue] { [input] }

  var elements: ElementSpecification {
    let batch = dropsRemainder || input.cardinality == .infinite ? size : nil
    return ElementSpecification(
      types: input.elements.types, shapes: input.elements.shapes.map { $0.prepending(batch) })
  }

  var cardinality: Cardinality {
    input.cardinality.map { $0 / size + ($0 % size == 0 || dropsRemainder ? 0 : 1) }
  }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let (size, dropsRemainder) = (size, dropsRemainder)
    // TensorFlow joins a function and the batching of its results: an error then costs a whole batch.
    let isJoined = input.undescribed is Mapped || input.undescribed is ParallelMapped
    return Iterator(
      try input.makeIterator(services), size: size, dropsRemainder: dropsRemainder,
      isJoined: isJoined)
  }

  private final class Iterator: DatasetIterator {
    var input: (any DatasetIterator)?
    let size: Int
    let dropsRemainder: Bool
    let isJoined: Bool

    init(_ input: any DatasetIterator, size: Int, dropsRemainder: Bool, isJoined: Bool) {
      self.input = input
      self.size = size
      self.dropsRemainder = dropsRemainder
      self.isJoined = isJoined
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      guard let rows = try input.nextBatch(of: size, services, isWhole: isJoined)
      else { return nil }
      if rows.isEmpty || (dropsRemainder && rows.count < size) { return nil }
      return try stack(rows, budget: services.budget)
    }
  }
}

extension (any DatasetIterator)? {
  /// Up to `size` elements. The iterator is let go at the end of its elements.
  ///
  /// - Parameter isWhole: whether elements behind a faulty one are taken too, up to `size`.
  /// - Returns: `nil` if there is no iterator any more.
  mutating func nextBatch(
    of size: Int, _ services: StepServices, isWhole: Bool = false
  ) throws(StatusError) -> [[AnyTensor]]? {
    guard let input = self else { return nil }
    var rows: [[AnyTensor]] = []
    var fault: StatusError?
    // A batch size is any number: memory is asked for as elements come.
    rows.reserveCapacity(min(size, 1024))
    var count = 0
    while count < size {
      try services.cancellation.check()
      do throws(StatusError) {
        guard let row = try input.next(services) else {
          self = nil
          break
        }
        if fault == nil { rows.append(row) }
      } catch {
        guard isWhole else { throw error }
        fault = fault ?? error
      }
      count += 1
    }
    if let fault { throw fault }
    return rows
  }
}

/// Stacks elements component by component.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if shapes of a component differ.
func stack(
  _ rows: [[AnyTensor]], budget: MemoryBudget
) throws(StatusError) -> [AnyTensor] {
  guard let first = rows.first else { return [] }
  var result: [AnyTensor] = []
  result.reserveCapacity(first.count)
  for component in first.indices {
    let model = first[component]
    for (index, row) in rows.enumerated() {
      guard row.count == first.count, row[component].dtype == model.dtype else {
        throw .internal("Elements of a batch have different components")
      }
      guard row[component].shape == model.shape else {
        throw .invalidArgument(
          "Cannot batch tensors with different shapes in component \(component). First element "
            + "had shape \(model.shape) and element \(index) had shape "
            + "\(row[component].shape).")
      }
    }
    let batch = try AnyTensor.uninitialized(
      dtype: model.dtype, shape: Shape([rows.count] + model.shape.sizes), budget: budget)
    let mover = ByteMover(into: batch)
    let length = model.elementCount
    for (index, row) in rows.enumerated() {
      try mover.copy(row[component], to: index * length, count: length)
    }
    result.append(batch)
  }
  return result
}
