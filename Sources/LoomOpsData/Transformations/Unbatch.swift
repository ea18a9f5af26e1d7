import LoomCore
import LoomGraph
import LoomKernels

/// The slices of each element along its first dimension.
enum UnbatchDataset: DatasetOp {
  static let signature = OpSignature(
    "UnbatchDataset", inputs: ["input_dataset: variant"], outputs: ["handle: variant"],
    attributes: DatasetAttributes.described)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      let input = try context.dataset(0)
      for shape in input.elements.shapes where shape.rank == 0 {
        throw StatusError.invalidArgument("Cannot unbatch an input with scalar components.")
      }
      return Unbatched(input: input)
    }
  }
}

private struct Unbatched: DatasetValue {
  let input: any DatasetValue

  var inputs: [any DatasetValue] { [input] }

  var elements: ElementSpecification {
    ElementSpecification(
      types: input.elements.types, shapes: input.elements.shapes.map(\.droppingFirst))
  }

  var cardinality: Cardinality {
    if case .infinite = input.cardinality { return .infinite }
    guard case .finite(let count) = input.cardinality,
      let size = input.elements.shapes.lazy.compactMap({ $0[0] }).first
    else { return .unknown }
    return .finite(Checked.multiply(count, size) ?? .max)
  }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    Iterator(try input.makeIterator(services))
  }

  private final class Iterator: DatasetIterator {
    var input: (any DatasetIterator)?
    var slices: TensorSliceIterator?

    init(_ input: any DatasetIterator) { self.input = input }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while true {
        if let slice = try slices?.next(services) { return slice }
        slices = nil
        try services.cancellation.check()
        guard let element = try input?.next(services) else {
          input = nil
          return nil
        }
        for (index, component) in element.enumerated() {
          guard component.shape.rank > 0 else {
            throw .invalidArgument("Input element must have a non-scalar value in each component.")
          }
          guard component.shape[0] == element[0].shape[0] else {
            throw .invalidArgument(
              "Input element must have the same batch size in each component. Component 0 had size "
                + "\(element[0].shape[0]) but component \(index) had size, "
                + "\(component.shape[0]).")
          }
        }
        slices = TensorSliceIterator(element)
      }
    }
  }
}
