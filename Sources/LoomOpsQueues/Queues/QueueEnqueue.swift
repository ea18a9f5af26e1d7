import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Puts one element into a queue; waits while it is full.
enum QueueEnqueue: QueueOpV1 {
  static let signature = OpSignature(
    "QueueEnqueue", inputs: ["handle: Ref(string)", "components: Tcomponents"],
    attributes: ["Tcomponents: list(type) >= 1", "timeout_ms: int = -1"])
  static let shapes = ShapeFunction.none
  static let kernels = KernelTable { construction in
    try QueueKernel(construction, components: .inputs) { queue, context in
      let tensors = try kept(context)
      try queue.specification.checkElement(tensors)
      return try queue.room.submit(
        EnqueueRequest([QueueElement(tensors)]), line: SharedQueue.Line.enqueue, context)
    }
  }

  /// The components, in memory that the queue may keep.
  fileprivate static func kept(
    _ context: borrowing KernelContext
  ) throws(StatusError) -> [AnyTensor] {
    var tensors: [AnyTensor] = []
    for index in 1..<Swift.max(context.inputCount, 1) {
      tensors.append(try context.input(index).kept(budget: context.budget))
    }
    return tensors
  }
}

/// ``QueueEnqueue`` with a resource handle.
enum QueueEnqueueV2: StatefulOp {
  static let signature = OpSignature(
    "QueueEnqueueV2", inputs: ["handle: resource", "components: Tcomponents"],
    attributes: ["Tcomponents: list(type) >= 1", "timeout_ms: int = -1"], isStateful: true)
  static let shapes = ShapeFunction.none
  static let kernels = QueueEnqueue.kernels
}

/// Puts the rows of its components into a queue, one element each; waits while it is full.
enum QueueEnqueueMany: QueueOpV1 {
  static let signature = OpSignature(
    "QueueEnqueueMany", inputs: ["handle: Ref(string)", "components: Tcomponents"],
    attributes: ["Tcomponents: list(type) >= 1", "timeout_ms: int = -1"])
  static let shapes = ShapeFunction.none
  static let kernels = KernelTable { construction in
    try QueueKernel(construction, components: .inputs) { queue, context in
      let tensors = try QueueEnqueue.kept(context)
      let count = try queue.specification.checkBatch(tensors)
      guard count > 0 else { return nil }
      return try queue.room.submit(
        EnqueueRequest(rows(tensors, count, of: queue.specification, context)),
        line: SharedQueue.Line.enqueue, context)
    }
  }

  /// The rows as elements. Where they leave in the order they came, they stay parts of their batch,
  /// which so lives not much longer than they; otherwise one of them could hold it for long.
  private static func rows(
    _ tensors: [AnyTensor], _ count: Int, of specification: QueueSpecification,
    _ context: borrowing KernelContext
  ) throws(StatusError) -> [QueueElement] {
    var elements: [QueueElement] = []
    elements.reserveCapacity(count)
    for row in 0..<count {
      let element = QueueElement(tensors, row: row)
      if specification.kind == .fifo || specification.kind == .padding {
        elements.append(element)
        continue
      }
      var own: [AnyTensor] = []
      for index in tensors.indices {
        own.append(try element.component(index).kept(budget: context.budget))
      }
      elements.append(QueueElement(own))
    }
    return elements
  }
}

/// ``QueueEnqueueMany`` with a resource handle.
enum QueueEnqueueManyV2: StatefulOp {
  static let signature = OpSignature(
    "QueueEnqueueManyV2", inputs: ["handle: resource", "components: Tcomponents"],
    attributes: ["Tcomponents: list(type) >= 1", "timeout_ms: int = -1"], isStateful: true)
  static let shapes = ShapeFunction.none
  static let kernels = QueueEnqueueMany.kernels
}
