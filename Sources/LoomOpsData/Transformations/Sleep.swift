import LoomCore
import LoomGraph
import LoomKernels

/// The same elements, each after a pause.
enum SleepDataset: DatasetOp {
  static let signature = OpSignature(
    "SleepDataset", inputs: ["input_dataset: variant", "sleep_microseconds: int64"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements)
  static let scalarInputs = [1]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      let pause: Int64 = try context.argument(1, "sleep_microseconds")
      return Delayed(input: try context.dataset(0), pause: .microseconds(max(pause, 0)))
    }
  }
}

private struct Delayed: DatasetValue {
  let input: any DatasetValue
  let pause: Duration

  var elements: ElementSpecification { input.elements }
  var cardinality: Cardinality { input.cardinality }
  var inputs: [any DatasetValue] { [input] }
  var mayWait: Bool { true }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let pause = self.pause
    return Iterator(try input.makeIterator(services), pause)
  }

  private final class Iterator: DatasetIterator {
    let input: any DatasetIterator
    let pause: Duration

    init(_ input: any DatasetIterator, _ pause: Duration) {
      self.input = input
      self.pause = pause
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      let wakeup = StepWakeup()
      let token = services.cancellation.onCancel { _ in wakeup.signal() }
      defer { services.cancellation.removeHandler(token) }
      wakeup.sleep(after: 0, for: pause)
      try services.cancellation.check()
      return try input.next(services)
    }
  }
}
