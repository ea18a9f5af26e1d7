import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Starts an iterator at the beginning of a dataset.
enum MakeIterator: OpDeclaration {
  static let signature = OpSignature(
    "MakeIterator", inputs: ["dataset: variant", "iterator: resource"], isStateful: true)
  static let shapes = ShapeFunction.none
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    let iterator = try context.iterator(1)
    try iterator.restart(context.dataset(0), context.services)
  }
}

/// The components of an iterator's next element; an error with the code
/// ``StatusError/Code/outOfRange`` at the end.
enum IteratorGetNext: NextElementOp {
  static let signature = OpSignature(
    "IteratorGetNext", inputs: ["iterator: resource"], outputs: ["components: output_types"],
    attributes: ["output_types: list(type) >= 1", "output_shapes: list(shape) >= 1"],
    isStateful: true)
}

/// ``IteratorGetNext`` under the name it has where waiting is no concern.
enum IteratorGetNextSync: NextElementOp {
  static let signature = OpSignature(
    "IteratorGetNextSync", inputs: ["iterator: resource"], outputs: ["components: output_types"],
    attributes: ["output_types: list(type) >= 1", "output_shapes: list(shape) >= 1"],
    isStateful: true)
}

protocol NextElementOp: OpDeclaration {}

extension NextElementOp {
  static var shapes: ShapeFunction {
    ShapeFunction { context in
      try context.requireRank(0, 0)
      try context.setElementShapes()
    }
  }
  static var gradient: GradientRule { .undefined }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static var kernels: KernelTable {
    KernelTable { node in
      let elements = try ElementSpecification(node.attributes)
      return NextElementKernel(node.nodeName) { (element) throws(StatusError) in
        guard let element else { throw .outOfRange("End of sequence") }
        try elements.checkAccepts(element)
        return element
      }
    }
  }
}

extension ShapeContext {
  /// Sets the outputs to what the attribute `output_shapes` says.
  func setElementShapes() throws(StatusError) {
    let shapes = try attributes.shapes("output_shapes")
    guard shapes.count == outputCount else {
      throw .invalidArgument(
        "`output_shapes` must be the same length as `output_types` (\(shapes.count) vs. "
          + "\(outputCount))")
    }
    for (index, shape) in shapes.enumerated() { setOutput(index, shape) }
  }
}

/// Asks an iterator for an element: at once if that needs no waiting, on a thread of its own otherwise.
final class NextElementKernel: AsyncKernel {
  /// What the outputs are, given the element or the end.
  typealias Conclusion = @Sendable ([AnyTensor]?) throws(StatusError) -> [AnyTensor]

  private let nodeName: String
  private let conclude: Conclusion

  init(_ nodeName: String, _ conclude: @escaping Conclusion) {
    self.nodeName = nodeName
    self.conclude = conclude
  }

  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
    let pipeline = try context.iterator(0).pipeline()
    let services = context.services
    if case .ready(let element) = try pipeline.nextWithoutWaiting(services) {
      for (index, tensor) in try conclude(element).enumerated() {
        try context.setOutput(index, tensor)
      }
      return nil
    }
    let name = nodeName
    let conclude = conclude
    let pending = PendingOutputs(
      wakeup: services.wakeup, summary: { "next element of the iterator read by '\(name)'" })
    try ThreadCache.shared.run {
      do throws(StatusError) {
        pending.finish(.success(try conclude(pipeline.next(services))))
      } catch {
        pending.finish(.failure(error))
      }
    }
    return pending
  }
}
