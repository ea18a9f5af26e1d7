import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Closes a queue: what is in may still be taken out, nothing more goes in.
enum QueueClose: QueueOpV1 {
  static let signature = OpSignature(
    "QueueClose", inputs: ["handle: Ref(string)"],
    attributes: ["cancel_pending_enqueues: bool = false"])
  static let shapes = ShapeFunction.unknownOfHandle
  static let kernels = KernelTable { construction in
    let cancels = try construction.attributes.bool("cancel_pending_enqueues")
    return try QueueKernel(construction) { queue, context in
      guard cancels else {
        return try queue.room.submit(CloseRequest(), line: SharedQueue.Line.enqueue, context)
      }
      queue.room.dismiss(
        line: SharedQueue.Line.enqueue,
        with: StatusError(.cancelled, "Enqueue operation was cancelled")
      ) { $0.isClosed = true }
      return nil
    }
  }
}

/// ``QueueClose`` with a resource handle.
enum QueueCloseV2: StatefulOp {
  static let signature = OpSignature(
    "QueueCloseV2", inputs: ["handle: resource"],
    attributes: ["cancel_pending_enqueues: bool = false"], isStateful: true)
  static let shapes = ShapeFunction.none
  static let kernels = QueueClose.kernels
}

/// The number of elements in a queue.
enum QueueSize: QueueOpV1 {
  static let signature = OpSignature(
    "QueueSize", inputs: ["handle: Ref(string)"], outputs: ["size: int32"])
  static let shapes = ShapeFunction.scalarOfHandle
  static let kernels = KernelTable { construction in
    try QueueKernel(construction) { queue, context in
      let count = try queue.room.read { $0.count }
      try context.setScalar(0, Int32(clamping: count))
      return nil
    }
  }
}

/// ``QueueSize`` with a resource handle.
enum QueueSizeV2: StatefulOp {
  static let signature = OpSignature(
    "QueueSizeV2", inputs: ["handle: resource"], outputs: ["size: int32"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let kernels = QueueSize.kernels
}

/// Whether a queue is closed.
enum QueueIsClosed: StatefulOp {
  static let signature = OpSignature(
    "QueueIsClosed", inputs: ["handle: Ref(string)"], outputs: ["is_closed: bool"])
  static let shapes = ShapeFunction.scalarOfHandle
  static let kernels = KernelTable { construction in
    try QueueKernel(construction) { queue, context in
      let isClosed = try queue.room.read { $0.isClosed }
      try context.setScalar(0, isClosed)
      return nil
    }
  }
}

/// ``QueueIsClosed`` with a resource handle.
enum QueueIsClosedV2: StatefulOp {
  static let signature = OpSignature(
    "QueueIsClosedV2", inputs: ["handle: resource"], outputs: ["is_closed: bool"],
    isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let kernels = QueueIsClosed.kernels
}
