import LoomCore
import LoomGraph
import LoomKernels

/// What a function returns again and again, until it ends the sequence.
enum GeneratorDataset: DatasetOp {
  static let signature = OpSignature(
    "GeneratorDataset",
    inputs: [
      "init_func_other_args: Tinit_func_args", "next_func_other_args: Tnext_func_args",
      "finalize_func_other_args: Tfinalize_func_args",
    ], outputs: ["handle: variant"],
    attributes: [
      "init_func: func", "next_func: func", "finalize_func: func",
      "Tinit_func_args: list(type) >= 0", "Tnext_func_args: list(type) >= 0",
      "Tfinalize_func_args: list(type) >= 0",
    ] + DatasetAttributes.described, isStateful: true)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let first = try node.compiledFunction("init_func")
    let next = try node.compiledFunction("next_func")
    let last = try node.compiledFunction("finalize_func")
    let firstCount = try node.attributes.typeCount("Tinit_func_args")
    let nextCount = try node.attributes.typeCount("Tnext_func_args")
    let elements = try ElementSpecification(node.attributes)
    return DatasetMaker { context in
      let nextEnd = firstCount + nextCount
      return Generated(
        first: try context.function(first, capturing: 0..<firstCount),
        next: try context.function(next, capturing: firstCount..<nextEnd),
        last: try context.function(last, capturing: nextEnd..<context.inputCount),
        elements: elements)
    }
  }
}

private struct Generated: DatasetValue {
  /// Makes the state.
  let first: DatasetFunction
  /// Makes an element from the state; an error with the code `outOfRange` is the end.
  let next: DatasetFunction
  /// Lets the state go.
  let last: DatasetFunction
  let elements: ElementSpecification

  func makeIterator(_ services: StepServices) -> sending any DatasetIterator {
    Iterator(self, services.background())
  }

  private final class Iterator: DatasetIterator {
    let dataset: Generated
    /// For what has to be done when there is no step any more.
    let background: StepServices
    var state: [AnyTensor]?
    var isAtEnd = false
    let caller = FunctionCaller()

    init(_ dataset: Generated, _ background: StepServices) {
      self.dataset = dataset
      self.background = background
    }

    deinit {
      // Nobody is left who could be told of an error.
      if let state, !isAtEnd { _ = try? dataset.last(state, background) }
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      guard !isAtEnd else { return nil }
      let state: [AnyTensor]
      if let known = self.state {
        state = known
      } else {
        state = try caller.call(dataset.first, [], services)
        self.state = state
      }
      do throws(StatusError) { return try caller.call(dataset.next, state, services) } catch {
        guard error.code == .outOfRange else { throw error }
        isAtEnd = true
        _ = try caller.call(dataset.last, state, services)
        return nil
      }
    }
  }
}
