import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Takes one element out of a queue; waits while there is none.
enum QueueDequeue: QueueOpV1 {
  static let signature = OpSignature(
    "QueueDequeue", inputs: ["handle: Ref(string)"], outputs: ["components: component_types"],
    attributes: ["component_types: list(type) >= 1", "timeout_ms: int = -1"])
  static let shapes = ShapeFunction.unknownOfHandle
  static let kernels = KernelTable { construction in
    try QueueKernel(construction, components: .outputs) { queue, context in
      try queue.room.submit(DequeueRequest(), line: SharedQueue.Line.dequeue, context)
    }
  }
}

/// ``QueueDequeue`` with a resource handle.
enum QueueDequeueV2: StatefulOp {
  static let signature = OpSignature(
    "QueueDequeueV2", inputs: ["handle: resource"], outputs: ["components: component_types"],
    attributes: ["component_types: list(type) >= 1", "timeout_ms: int = -1"], isStateful: true)
  static let shapes = ShapeFunction { context in
    context.setComponents { $0 }
  }
  static let kernels = QueueDequeue.kernels
}

/// Takes `n` elements out of a queue and joins them; waits until there are as many.
enum QueueDequeueMany: QueueOpV1 {
  static let signature = OpSignature(
    "QueueDequeueMany", inputs: ["handle: Ref(string)", "n: int32"],
    outputs: ["components: component_types"],
    attributes: ["component_types: list(type) >= 1", "timeout_ms: int = -1"])
  static let shapes = ShapeFunction.unknownOfHandle
  static let kernels = KernelTable { construction in
    try dequeueMany(construction, allowsFewer: false)
  }
}

/// ``QueueDequeueMany`` with a resource handle.
enum QueueDequeueManyV2: StatefulOp {
  static let signature = OpSignature(
    "QueueDequeueManyV2", inputs: ["handle: resource", "n: int32"],
    outputs: ["components: component_types"],
    attributes: ["component_types: list(type) >= 1", "timeout_ms: int = -1"], isStateful: true)
  static let shapes = ShapeFunction { context in
    let count = context.partialValue(1)?.first ?? nil
    if let count, count < 0 {
      throw StatusError.invalidArgument("Input 'n' must be >= 0, but is \(count)")
    }
    context.setComponents { PartialShape([count]).concatenated(with: $0) }
  }
  static let kernels = QueueDequeueMany.kernels
}

/// Takes `n` elements out of a queue, or what is left in a closed one, and joins them.
enum QueueDequeueUpTo: QueueOpV1 {
  static let signature = OpSignature(
    "QueueDequeueUpTo", inputs: ["handle: Ref(string)", "n: int32"],
    outputs: ["components: component_types"],
    attributes: ["component_types: list(type) >= 1", "timeout_ms: int = -1"])
  static let shapes = ShapeFunction.unknownOfHandle
  static let kernels = KernelTable { construction in
    try dequeueMany(construction, allowsFewer: true)
  }
}

/// ``QueueDequeueUpTo`` with a resource handle.
enum QueueDequeueUpToV2: StatefulOp {
  static let signature = OpSignature(
    "QueueDequeueUpToV2", inputs: ["handle: resource", "n: int32"],
    outputs: ["components: component_types"],
    attributes: ["component_types: list(type) >= 1", "timeout_ms: int = -1"], isStateful: true)
  static let shapes = ShapeFunction { context in
    context.setComponents { PartialShape([nil]).concatenated(with: $0) }
  }
  static let kernels = QueueDequeueUpTo.kernels
}

private func dequeueMany(
  _ construction: KernelConstruction, allowsFewer: Bool
) throws(StatusError) -> any Kernel {
  try QueueKernel(construction, components: .outputs) { queue, context in
    let count = Int(try context.scalar(1, of: Int32.self))
    guard count >= 0 else {
      throw StatusError.invalidArgument(
        "\(allowsFewer ? "DequeueUpToOp" : "DequeueManyOp") requested \(count) < 0 elements")
    }
    let specification = queue.specification
    guard !specification.shapes.isEmpty else {
      throw StatusError.invalidArgument(
        "\(specification.kind.rawValue)'s DequeueMany and DequeueUpTo require the components to "
          + "have specified shapes.")
    }
    let request = DequeueManyRequest(count, allowsFewer: allowsFewer, of: specification)
    guard count > 0 else {
      try request.deliver(to: context)
      return nil
    }
    return try queue.room.submit(request, line: SharedQueue.Line.dequeue, context)
  }
}

extension ShapeContext {
  /// Sets the outputs from the shapes of the queue's components, if they are known.
  fileprivate func setComponents(_ shape: (PartialShape) -> PartialShape) {
    guard let components = handle(0), components.count == outputCount else { return }
    for (index, component) in components.enumerated() { setOutput(index, shape(component.shape)) }
  }
}
