import LoomCore
import LoomGraph
import LoomKernels

/// Elements that were not there before.
enum UniqueDataset: DatasetOp {
  static let signature = OpSignature(
    "UniqueDataset", inputs: ["input_dataset: variant"], outputs: ["handle: variant"],
    attributes: DatasetAttributes.described)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      let input = try context.dataset(0)
      guard input.elements.count == 1 else {
        throw StatusError.invalidArgument(
          "UniqueDataset only supports inputs with a single component.")
      }
      let type = input.elements.types[0].base
      guard type == .int32 || type == .int64 || type == .string else {
        throw StatusError.invalidArgument(
          "UniqueDataset only supports inputs with a single `tf.int32`, `tf.int64`, or `tf.string` "
            + "component.")
      }
      return Distinct(input: input)
    }
  }
}

private struct Distinct: DatasetValue {
  let input: any DatasetValue

  var elements: ElementSpecification { input.elements }
  var inputs: [any DatasetValue] { [input] }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    Iterator(try input.makeIterator(services))
  }

  private struct Key: Hashable {
    var shape: Shape
    var numbers: [Int] = []
    var texts: [ByteString] = []
  }

  private final class Iterator: DatasetIterator {
    var input: (any DatasetIterator)?
    var seen: Set<Key> = []

    init(_ input: any DatasetIterator) { self.input = input }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while let input {
        try services.cancellation.check()
        guard let element = try input.next(services), let tensor = element.first else {
          self.input = nil
          seen = []
          return nil
        }
        var key = Key(shape: tensor.shape)
        if tensor.dtype == .string {
          key.texts = try tensor.scalars(of: ByteString.self)
        } else {
          key.numbers = try tensor.integers()
        }
        if seen.insert(key).inserted { return element }
      }
      return nil
    }
  }
}
