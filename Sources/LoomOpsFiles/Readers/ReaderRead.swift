import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// The next record of a reader; takes work from a queue, and waits for it, when the last is done.
enum ReaderRead: FileOp {
  static let signature = OpSignature(
    "ReaderRead", inputs: ["reader_handle: Ref(string)", "queue_handle: Ref(string)"],
    outputs: ["key: string", "value: string"])
  static let gradient = GradientRule.notDifferentiable(because: "it reads records")
  static let shapes = ShapeFunction.readerHandles { context in
    context.setOutput(0, .scalar)
    context.setOutput(1, .scalar)
  }
  static let kernels = KernelTable { _ in ReadKernel(isBatch: false) }
}

enum ReaderReadV2: FileOp {
  static let signature = OpSignature(
    "ReaderReadV2", inputs: ["reader_handle: resource", "queue_handle: resource"],
    outputs: ["key: string", "value: string"], isStateful: true)
  static let shapes = ReaderRead.shapes
  static let kernels = ReaderRead.kernels
}

/// Up to so many records of one work unit.
enum ReaderReadUpTo: FileOp {
  static let signature = OpSignature(
    "ReaderReadUpTo",
    inputs: ["reader_handle: Ref(string)", "queue_handle: Ref(string)", "num_records: int64"],
    outputs: ["keys: string", "values: string"])
  static let gradient = GradientRule.notDifferentiable(because: "it reads records")
  static let shapes = ShapeFunction.readerHandles { context in
    try context.requireRank(2, 0)
    context.setOutput(0, [nil])
    context.setOutput(1, [nil])
  }
  static let kernels = KernelTable { _ in ReadKernel(isBatch: true) }
}

enum ReaderReadUpToV2: FileOp {
  static let signature = OpSignature(
    "ReaderReadUpToV2",
    inputs: ["reader_handle: resource", "queue_handle: resource", "num_records: int64"],
    outputs: ["keys: string", "values: string"], isStateful: true)
  static let shapes = ReaderReadUpTo.shapes
  static let kernels = ReaderReadUpTo.kernels
}

private final class ReadKernel: AsyncKernel {
  private let isBatch: Bool

  init(isBatch: Bool) { self.isBatch = isBatch }

  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
    var limit: Int?
    if isBatch {
      let count = Int(try context.scalar(2, of: Int64.self))
      guard count >= 0 else {
        throw .invalidArgument("num_records must be >= 0, got \(count)")
      }
      limit = count
    }
    let request = ReadRequest(
      try context.reader(), try context.workQueue(), limit: limit,
      wakeup: context.services.wakeup)
    return try request.resume(context) ? nil : request
  }
}

extension ShapeFunction {
  /// Handles are scalars, or pairs of strings in the first generation.
  static func readerHandles(
    _ outputs: @escaping @Sendable (ShapeContext) throws -> Void
  ) -> ShapeFunction {
    ShapeFunction { context in
      for (index, type) in context.inputTypes.enumerated() {
        if type == .resource { try context.requireRank(index, 0) }
        if type.isReference {
          _ = try ShapeContext.merge(context.requireRank(index, 1)[0], 2)
        }
      }
      try outputs(context)
    }
  }
}
