import LoomCore
import LoomGraph
import LoomKernels

/// One element.
enum TensorDataset: DatasetOp {
  static let signature = OpSignature(
    "TensorDataset", inputs: ["components: Toutput_types"], outputs: ["handle: variant"],
    attributes: [
      "Toutput_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
      "metadata: string = \"\"",
    ], isStateful: true)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let elements = try ElementSpecification(node.attributes, types: "Toutput_types")
    return DatasetMaker { context in
      let components = try context.inputs()
      try elements.checkAccepts(components)
      return Single(components: components)
    }
  }

  private struct Single: DatasetValue {
    let components: [AnyTensor]

    var elements: ElementSpecification {
      ElementSpecification(
        types: components.map(\.dtype), shapes: components.map { PartialShape($0.shape) })
    }
    var cardinality: Cardinality { .finite(1) }

    func makeIterator(_ services: StepServices) -> sending any DatasetIterator {
      Iterator(components)
    }
  }

  private final class Iterator: DatasetIterator {
    var components: [AnyTensor]?

    init(_ components: [AnyTensor]) { self.components = components }

    func next(_ services: StepServices) -> [AnyTensor]? { components.take() }
  }
}

/// The slices of tensors along their first dimension.
enum TensorSliceDataset: DatasetOp {
  static let signature = OpSignature(
    "TensorSliceDataset", inputs: ["components: Toutput_types"], outputs: ["handle: variant"],
    attributes: [
      "Toutput_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
      "is_files: bool = false", "metadata: string = \"\"", "replicate_on_split: bool = false",
    ], isStateful: true)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let elements = try ElementSpecification(node.attributes, types: "Toutput_types")
    return DatasetMaker { context in
      let components = try context.inputs()
      guard let first = components.first, first.shape.rank > 0 else {
        throw StatusError.invalidArgument("All components must be at least 1-dimensional")
      }
      for component in components {
        guard component.shape.rank > 0 else {
          throw StatusError.invalidArgument("All components must be at least 1-dimensional")
        }
        guard component.shape[0] == first.shape[0] else {
          throw StatusError.invalidArgument(
            "All components must have the same size in the 0th dimension")
        }
      }
      let slices = TensorSlices(components: components)
      try elements.checkAccepts(slices.elements)
      return slices
    }
  }
}

struct TensorSlices: DatasetValue {
  let components: [AnyTensor]

  var elements: ElementSpecification {
    ElementSpecification(
      types: components.map(\.dtype),
      shapes: components.map { PartialShape($0.shape).droppingFirst })
  }
  var cardinality: Cardinality { .finite(components.first?.shape[0] ?? 0) }

  func makeIterator(_ services: StepServices) -> sending any DatasetIterator {
    TensorSliceIterator(components)
  }
}

/// The slices of a list of tensors with equal first dimensions.
final class TensorSliceIterator: DatasetIterator {
  let components: [AnyTensor]
  let count: Int
  var index = 0

  init(_ components: [AnyTensor]) {
    self.components = components
    count = components.first?.shape[0] ?? 0
  }

  func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
    guard index < count else { return nil }
    var element: [AnyTensor] = []
    element.reserveCapacity(components.count)
    for component in components { element.append(try component.slice(index)) }
    index += 1
    return element
  }
}
