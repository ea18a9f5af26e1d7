import LoomCore
import LoomGraph
import LoomKernels

/// What a function returns for each element.
enum MapDataset: DatasetOp {
  static let signature = OpSignature(
    "MapDataset", inputs: ["input_dataset: variant", "other_arguments: Targuments"],
    outputs: ["handle: variant"],
    attributes: [
      "f: func", "Targuments: list(type) >= 0", "output_types: list(type) >= 1",
      "output_shapes: list(shape) >= 1", "use_inter_op_parallelism: bool = true",
      "preserve_cardinality: bool = false", "force_synchronous: bool = false",
      "metadata: string = \"\"",
    ])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let body = try node.compiledFunction("f")
    let elements = try ElementSpecification(node.attributes)
    let keepsCardinality = try node.attributes.bool("preserve_cardinality")
    return DatasetMaker { context in
      Mapped(
        input: try context.dataset(0),
        transform: ElementTransform(
          function: try context.function(body, capturing: 1..<context.inputCount),
          keepsCardinality: keepsCardinality),
        elements: elements)
    }
  }
}

/// A function that is called for each element.
struct ElementTransform: Sendable {
  let function: DatasetFunction
  /// Whether the function must not end the sequence by an error with the code
  /// ``StatusError/Code/outOfRange``.
  let keepsCardinality: Bool

  /// A function that may end the sequence leaves open how many elements there are.
  func cardinality(of input: any DatasetValue) -> Cardinality {
    keepsCardinality ? input.cardinality : .unknown
  }

  /// - Parameter services: for this call only.
  /// - Returns: `nil` if the function ends the sequence.
  func callAsFunction(
    _ element: [AnyTensor], _ services: StepServices
  ) throws(StatusError) -> [AnyTensor]? {
    defer { services.stepResources.clearAll() }
    do throws(StatusError) { return try function(element, services) } catch {
      guard error.code == .outOfRange else { throw error }
      guard keepsCardinality else { return nil }
      throw .invalidArgument(
        "Function invocation produced OutOfRangeError: \(error.reason)")
    }
  }
}

struct Mapped: DatasetValue {
  let input: any DatasetValue
  let transform: ElementTransform
  let elements: ElementSpecification

  var inputs: [any DatasetValue] { [input] }
  var cardinality: Cardinality { transform.cardinality(of: input) }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let transform = self.transform
    return Iterator(try input.makeIterator(services), transform)
  }

  private final class Iterator: DatasetIterator {
    let input: any DatasetIterator
    let transform: ElementTransform
    let caller = FunctionCaller()

    init(_ input: any DatasetIterator, _ transform: ElementTransform) {
      self.input = input
      self.transform = transform
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      guard let element = try input.next(services) else { return nil }
      return try transform(element, caller.services(services))
    }
  }
}

/// Batches of what a function returns for each element.
enum MapAndBatchDataset: DatasetOp {
  static let signature = OpSignature(
    "MapAndBatchDataset",
    inputs: [
      "input_dataset: variant", "other_arguments: Targuments", "batch_size: int64",
      "num_parallel_calls: int64", "drop_remainder: bool",
    ], outputs: ["handle: variant"],
    attributes: [
      "f: func", "Targuments: list(type) >= 0", "output_types: list(type) >= 1",
      "output_shapes: list(shape) >= 1", "preserve_cardinality: bool = false",
      "metadata: string = \"\"",
    ])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let body = try node.compiledFunction("f")
    let batches = try ElementSpecification(node.attributes)
    let elements = ElementSpecification(
      types: batches.types, shapes: batches.shapes.map(\.droppingFirst))
    let keepsCardinality = try node.attributes.bool("preserve_cardinality")
    let captured = try node.attributes.typeCount("Targuments")
    return DatasetMaker { context in
      let size = try context.batchSize(1 + captured)
      let mapped = ParallelMapped(
        input: try context.dataset(0),
        transform: ElementTransform(
          function: try context.function(body, capturing: 1..<1 + captured),
          keepsCardinality: keepsCardinality),
        elements: elements, parallelism: try context.parallelism(2 + captured))
      return Batched(
        input: mapped, size: size,
        dropsRemainder: try context.argument(3 + captured, "drop_remainder"))
    }
  }
}
