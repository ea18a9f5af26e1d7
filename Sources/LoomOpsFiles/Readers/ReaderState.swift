import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Ops that ask a reader something, or tell it something; in both generations.
protocol ReaderStateOp: FileOp {
  static func run(_ reader: RecordSource, _ context: borrowing KernelContext) throws(StatusError)
}

extension ReaderStateOp {
  static var shapes: ShapeFunction {
    .readerHandles { context in
      if context.inputCount > 1 { try context.requireRank(1, 0) }
      for index in 0..<context.outputCount { context.setOutput(index, .scalar) }
    }
  }
  static var kernels: KernelTable {
    .closure { context in try run(context.reader(), context) }
  }
}

private let first = "reader_handle: Ref(string)"
private let second = "reader_handle: resource"

/// How many records a reader has yielded.
enum ReaderNumRecordsProduced: FileOp, ReaderStateOp {
  static let gradient = GradientRule.notDifferentiable(because: "it is state")
  static let signature = OpSignature(
    "ReaderNumRecordsProduced", inputs: [first], outputs: ["records_produced: int64"])
  static func run(
    _ reader: RecordSource, _ context: borrowing KernelContext
  ) throws(StatusError) { try context.setScalar(0, reader.recordsProduced) }
}

enum ReaderNumRecordsProducedV2: FileOp, ReaderStateOp {
  static let signature = OpSignature(
    "ReaderNumRecordsProducedV2", inputs: [second], outputs: ["records_produced: int64"],
    isStateful: true)
  static func run(
    _ reader: RecordSource, _ context: borrowing KernelContext
  ) throws(StatusError) { try context.setScalar(0, reader.recordsProduced) }
}

/// How many work units a reader is done with.
enum ReaderNumWorkUnitsCompleted: FileOp, ReaderStateOp {
  static let gradient = GradientRule.notDifferentiable(because: "it is state")
  static let signature = OpSignature(
    "ReaderNumWorkUnitsCompleted", inputs: [first], outputs: ["units_completed: int64"])
  static func run(
    _ reader: RecordSource, _ context: borrowing KernelContext
  ) throws(StatusError) { try context.setScalar(0, reader.workUnitsCompleted) }
}

enum ReaderNumWorkUnitsCompletedV2: FileOp, ReaderStateOp {
  static let signature = OpSignature(
    "ReaderNumWorkUnitsCompletedV2", inputs: [second], outputs: ["units_completed: int64"],
    isStateful: true)
  static func run(
    _ reader: RecordSource, _ context: borrowing KernelContext
  ) throws(StatusError) { try context.setScalar(0, reader.workUnitsCompleted) }
}

/// Where a reader stands, as a text.
enum ReaderSerializeState: FileOp, ReaderStateOp {
  static let gradient = GradientRule.notDifferentiable(because: "it is state")
  static let signature = OpSignature(
    "ReaderSerializeState", inputs: [first], outputs: ["state: string"])
  static func run(
    _ reader: RecordSource, _ context: borrowing KernelContext
  ) throws(StatusError) { try context.setScalar(0, reader.saved()) }
}

enum ReaderSerializeStateV2: FileOp, ReaderStateOp {
  static let signature = OpSignature(
    "ReaderSerializeStateV2", inputs: [second], outputs: ["state: string"], isStateful: true)
  static func run(
    _ reader: RecordSource, _ context: borrowing KernelContext
  ) throws(StatusError) { try context.setScalar(0, reader.saved()) }
}

/// Puts a reader where a text says it stood.
enum ReaderRestoreState: FileOp, ReaderStateOp {
  static let gradient = GradientRule.notDifferentiable(because: "it is state")
  static let signature = OpSignature("ReaderRestoreState", inputs: [first, "state: string"])
  static func run(
    _ reader: RecordSource, _ context: borrowing KernelContext
  ) throws(StatusError) { try reader.restore(context.text(1, named: "state")) }
}

enum ReaderRestoreStateV2: FileOp, ReaderStateOp {
  static let signature = OpSignature(
    "ReaderRestoreStateV2", inputs: [second, "state: string"], isStateful: true)
  static func run(
    _ reader: RecordSource, _ context: borrowing KernelContext
  ) throws(StatusError) { try reader.restore(context.text(1, named: "state")) }
}

/// Makes a reader forget what it has read.
enum ReaderReset: FileOp, ReaderStateOp {
  static let gradient = GradientRule.notDifferentiable(because: "it is state")
  static let signature = OpSignature("ReaderReset", inputs: [first])
  static func run(_ reader: RecordSource, _ context: borrowing KernelContext) { reader.reset() }
}

enum ReaderResetV2: FileOp, ReaderStateOp {
  static let signature = OpSignature("ReaderResetV2", inputs: [second], isStateful: true)
  static func run(_ reader: RecordSource, _ context: borrowing KernelContext) { reader.reset() }
}
