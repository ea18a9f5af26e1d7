import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// An op that makes a queue, or finds it by name.
protocol QueueMaker: HandleOp {
  static var kind: QueueSpecification.Kind { get }
}

extension QueueMaker {
  static var properties: OpProperties { OpProperties(isFoldable: false, makesResource: true) }
  static var shapes: ShapeFunction {
    ShapeFunction { context in
      guard context.outputTypes.first?.isReference == false else {
        return context.setOutput(0, [2])
      }
      context.setOutput(0, .scalar)
      // A queue that cannot be made is reported when it is made.
      if let specification = try? QueueSpecification(kind, context.attributes) {
        context.setHandle(0, specification.components)
      }
    }
  }
  static var kernels: KernelTable {
    KernelTable { construction in
      let specification = try QueueSpecification(kind, construction.attributes)
      let source = try SharedResource<SharedQueue>(construction)
      let op = construction.op
      return HandleKernel(
        construction, typeName: SharedQueue.typeName, components: specification.components
      ) { resources in
        let found = try source.resource(in: resources) { (name) throws(StatusError) in
          // TensorFlow compares the shapes it was given with those it made of them, and so refuses
          // any priority queue without shapes.
          if specification.kind == .priority, specification.shapes.isEmpty {
            throw .invalidArgument(
              "Shared queue '\(name)' has component shapes [] but requested component shapes were "
                + "[[]]")
          }
          return SharedQueue(specification, name: name)
        } check: { (queue) throws(StatusError) in
          try queue.specification.check(specification, op: op, name: queue.name)
        }
        return (found.resource, found.container, found.name)
      }
    }
  }
}

/// The attributes of queues, as signatures list them.
private enum QueueAttributes {
  static let components = [
    "component_types: list(type) >= 1", "shapes: list(shape) >= 0 = []", "capacity: int = -1",
  ]
  static let names = ["container: string = \"\"", "shared_name: string = \"\""]
  static let plain = components + names
  static let shuffle =
    components + ["min_after_dequeue: int = 0", "seed: int = 0", "seed2: int = 0"] + names
  static let priority =
    [
      "component_types: list(type) >= 0 = []", "shapes: list(shape) >= 0", "capacity: int = -1",
    ] + names
}

private func signature(_ name: String, _ attributes: [String]) -> OpSignature {
  OpSignature(
    name, outputs: [name.hasSuffix("V2") ? "handle: resource" : "handle: Ref(string)"],
    attributes: attributes, isStateful: true)
}

/// A queue whose elements leave in the order they came.
enum FIFOQueue: QueueMaker {
  static let signature = LoomOpsQueues.signature("FIFOQueue", QueueAttributes.plain)
  static let kind = QueueSpecification.Kind.fifo
}

/// ``FIFOQueue`` with a resource handle.
enum FIFOQueueV2: QueueMaker {
  static let signature = LoomOpsQueues.signature("FIFOQueueV2", QueueAttributes.plain)
  static let kind = QueueSpecification.Kind.fifo
}

/// A queue whose elements leave in random order.
enum RandomShuffleQueue: QueueMaker {
  static let signature = LoomOpsQueues.signature("RandomShuffleQueue", QueueAttributes.shuffle)
  static let kind = QueueSpecification.Kind.shuffle
}

/// ``RandomShuffleQueue`` with a resource handle.
enum RandomShuffleQueueV2: QueueMaker {
  static let signature = LoomOpsQueues.signature("RandomShuffleQueueV2", QueueAttributes.shuffle)
  static let kind = QueueSpecification.Kind.shuffle
}

/// A ``FIFOQueue`` of elements of differing sizes, which batches pad with zeros.
enum PaddingFIFOQueue: QueueMaker {
  static let signature = LoomOpsQueues.signature("PaddingFIFOQueue", QueueAttributes.plain)
  static let kind = QueueSpecification.Kind.padding
}

/// ``PaddingFIFOQueue`` with a resource handle.
enum PaddingFIFOQueueV2: QueueMaker {
  static let signature = LoomOpsQueues.signature("PaddingFIFOQueueV2", QueueAttributes.plain)
  static let kind = QueueSpecification.Kind.padding
}

/// A queue whose element of least priority leaves first; the priority is component 0.
enum PriorityQueue: QueueMaker {
  static let signature = LoomOpsQueues.signature("PriorityQueue", QueueAttributes.priority)
  static let kind = QueueSpecification.Kind.priority
}

/// ``PriorityQueue`` with a resource handle.
enum PriorityQueueV2: QueueMaker {
  static let signature = LoomOpsQueues.signature("PriorityQueueV2", QueueAttributes.priority)
  static let kind = QueueSpecification.Kind.priority
}

/// A handle of the first generation for a queue that a resource handle names.
enum FakeQueue: HandleOp {
  static let signature = OpSignature(
    "FakeQueue", inputs: ["resource: resource"], outputs: ["handle: Ref(string)"],
    isStateful: true)
  static let kernels = KernelTable.closure { context in
    let handle = try context.scalar(0, of: ResourceHandle.self)
    let names = try AnyTensor(
      [ByteString(handle.container), ByteString(handle.name)], shape: Shape(vector: 2))
    try context.setReference(
      0,
      VariableCell(
        name: handle.name, container: handle.container, dtype: .string, value: names))
  }
}
