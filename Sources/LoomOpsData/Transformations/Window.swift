import LoomCore
import LoomGraph
import LoomKernels

/// Datasets of neighbouring elements: each component becomes a dataset of its own.
enum WindowDataset: DatasetOp {
  static let signature = OpSignature(
    "WindowDataset",
    inputs: [
      "input_dataset: variant", "size: int64", "shift: int64", "stride: int64",
      "drop_remainder: bool",
    ], outputs: ["handle: variant"], attributes: DatasetAttributes.described)
  static let scalarInputs = [1, 2, 3, 4]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      let size: Int64 = try context.argument(1, "size")
      let shift: Int64 = try context.argument(2, "shift")
      let stride: Int64 = try context.argument(3, "stride")
      guard size > 0 else {
        throw StatusError.invalidArgument("Window size must be greater than zero.")
      }
      guard shift > 0 else {
        throw StatusError.invalidArgument("Window shift must be greater than zero.")
      }
      guard stride > 0 else {
        throw StatusError.invalidArgument("Window stride must be greater than zero.")
      }
      guard let reach = Checked.multiply(Int(size) - 1, Int(stride)), reach < .max else {
        throw StatusError.invalidArgument("A window of \(size) steps of \(stride) is too large.")
      }
      return Windows(
        input: try context.dataset(0), shift: Int(shift), stride: Int(stride), reach: reach + 1,
        dropsRemainder: try context.argument(4, "drop_remainder"))
    }
  }
}

private struct Windows: DatasetValue {
  let input: any DatasetValue
  let shift: Int
  let stride: Int
  /// How many elements there are from the first of a window to its last.
  let reach: Int
  let dropsRemainder: Bool

  var inputs: [any DatasetValue] { [input] }

  var elements: ElementSpecification {
    let count = input.elements.count
    return ElementSpecification(
      types: Array(repeating: .variant, count: count),
      shapes: Array(repeating: .scalar, count: count))
  }

  var cardinality: Cardinality {
    input.cardinality.map { count in
      if dropsRemainder { return count < reach ? 0 : (count - reach) / shift + 1 }
      return count / shift + (count % shift == 0 ? 0 : 1)
    }
  }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let dataset = self
    return Iterator(try input.makeIterator(services), dataset)
  }

  private final class Iterator: DatasetIterator {
    let dataset: Windows
    var input: (any DatasetIterator)?
    var buffer: [Result<[AnyTensor], StatusError>] = []

    init(_ input: any DatasetIterator, _ dataset: Windows) {
      self.input = input
      self.dataset = dataset
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while buffer.count < dataset.reach, input != nil {
        try services.cancellation.check()
        if let element = read(services) { buffer.append(element) }
      }
      guard !buffer.isEmpty, buffer.count == dataset.reach || !dataset.dropsRemainder else {
        return nil
      }
      let rows = Swift.stride(from: 0, to: buffer.count, by: dataset.stride).map { buffer[$0] }
      if dataset.shift >= buffer.count {
        var skipped = buffer.count
        while skipped < dataset.shift, input != nil {
          try services.cancellation.check()
          _ = read(services)
          skipped += 1
        }
        buffer = []
      } else {
        buffer.removeFirst(dataset.shift)
      }
      var elements: [[AnyTensor]] = []
      for row in rows { elements.append(try row.get()) }
      let input = dataset.input.elements
      var window: [AnyTensor] = []
      for index in 0..<input.count {
        window.append(
          try AnyTensor(
            dataset: ElementList(
              elements: ElementSpecification(
                types: [input.types[index]], shapes: [input.shapes[index]]),
              list: elements.map { [$0[index]] })))
      }
      return window
    }

    /// The next element or what is wrong with it; `nil` at the end.
    private func read(_ services: StepServices) -> Result<[AnyTensor], StatusError>? {
      do throws(StatusError) {
        guard let element = try input?.next(services) else {
          input = nil
          return nil
        }
        guard element.count == dataset.input.elements.count else {
          return .failure(.internal("An element has too few or too many components"))
        }
        return .success(element)
      } catch { return .failure(error) }
    }
  }
}

/// Elements that are at hand.
struct ElementList: DatasetValue {
  let elements: ElementSpecification
  let list: [[AnyTensor]]

  var cardinality: Cardinality { .finite(list.count) }

  func makeIterator(_ services: StepServices) -> sending any DatasetIterator { Iterator(list) }

  private final class Iterator: DatasetIterator {
    let list: [[AnyTensor]]
    var index = 0

    init(_ list: [[AnyTensor]]) { self.list = list }

    func next(_ services: StepServices) -> [AnyTensor]? {
      guard index < list.count else { return nil }
      index += 1
      return list[index - 1]
    }
  }
}
