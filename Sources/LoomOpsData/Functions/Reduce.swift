import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// The state that is left when a function has seen every element of a dataset.
enum ReduceDataset: OpDeclaration {
  static let signature = OpSignature(
    "ReduceDataset",
    inputs: ["input_dataset: variant", "initial_state: Tstate", "other_arguments: Targuments"],
    outputs: ["components: output_types"],
    attributes: [
      "f: func", "Tstate: list(type) >= 1", "Targuments: list(type) >= 0",
      "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
      "use_inter_op_parallelism: bool = true", "metadata: string = \"\"",
    ], isStateful: true)
  static let shapes = ShapeFunction { context in try context.setElementShapes() }
  static let gradient = GradientRule.notDifferentiable(because: "TensorFlow has no rule")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { node in
    let body = try node.compiledFunction("f")
    let elements = try ElementSpecification(node.attributes)
    let stateCount = try node.attributes.typeCount("Tstate")
    return DatasetJobKernel { context throws(StatusError) in
      let dataset = try context.dataset(0)
      let initial = try context.inputs(1..<1 + stateCount)
      let function = try context.function(body, capturing: 1 + stateCount..<context.inputCount)
      return DatasetJob(mayWait: dataset.mayWait) { services throws(StatusError) in
        let iterator = try dataset.makeIsolatedIterator(services)
        let caller = FunctionCaller()
        var state = initial
        while let element = try iterator.next(services) {
          try services.cancellation.check()
          let fresh: [AnyTensor]
          do throws(StatusError) {
            fresh = try caller.call(function, state + element, services)
          } catch {
            // The function may end the reduction.
            if error.code == .outOfRange { break }
            throw error
          }
          try checkState(fresh, like: state)
          state = fresh
        }
        try elements.checkAccepts(state)
        return state
      }
    }
  }
}

/// The only element of a dataset.
enum DatasetToSingleElement: OpDeclaration {
  static let signature = OpSignature(
    "DatasetToSingleElement", inputs: ["dataset: variant"], outputs: ["components: output_types"],
    attributes: DatasetAttributes.described, isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    try context.setElementShapes()
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { node in
    let elements = try ElementSpecification(node.attributes)
    return DatasetJobKernel { context throws(StatusError) in
      let dataset = try context.dataset(0)
      return DatasetJob(mayWait: dataset.mayWait) { services throws(StatusError) in
        let iterator = try dataset.makeIsolatedIterator(services)
        guard let element = try iterator.next(services) else {
          throw .invalidArgument("Dataset was empty.")
        }
        try elements.checkAccepts(element)
        guard try iterator.next(services) == nil else {
          throw .invalidArgument("Dataset had more than one element.")
        }
        return element
      }
    }
  }
}

/// Work over a whole dataset.
struct DatasetJob: Sendable {
  let mayWait: Bool
  let run: @Sendable (StepServices) throws(StatusError) -> [AnyTensor]
}

/// Works over a whole dataset: on the step's thread if nothing has to be waited for.
final class DatasetJobKernel: AsyncKernel {
  private let makeJob: @Sendable (borrowing KernelContext) throws(StatusError) -> DatasetJob

  init(_ makeJob: @escaping @Sendable (borrowing KernelContext) throws(StatusError) -> DatasetJob) {
    self.makeJob = makeJob
  }

  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
    let job = try makeJob(context)
    let services = context.services
    guard job.mayWait else {
      for (index, tensor) in try job.run(services).enumerated() {
        try context.setOutput(index, tensor)
      }
      return nil
    }
    let pending = PendingOutputs(wakeup: services.wakeup, summary: { "the end of a dataset" })
    try ThreadCache.shared.run {
      do throws(StatusError) { pending.finish(.success(try job.run(services))) } catch {
        pending.finish(.failure(error))
      }
    }
    return pending
  }
}
