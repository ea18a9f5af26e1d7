import LoomCore
import LoomKernels
import Synchronization

/// A step's wish for records: served when the reader has time and the queue has work.
final class ReadRequest: Suspension {
  private let source: RecordSource
  private let queue: any WorkQueue
  private let wakeup: StepWakeup
  /// `nil` for one record, as scalars; otherwise a batch.
  private let limit: Int?
  private let pending = Mutex<(any WorkRequest)?>(nil)

  init(_ source: RecordSource, _ queue: any WorkQueue, limit: Int?, wakeup: StepWakeup) {
    self.source = source
    self.queue = queue
    self.limit = limit
    self.wakeup = wakeup
  }

  func resume(_ context: borrowing KernelContext) throws(StatusError) -> Bool {
    do throws(StatusError) { return try advance(context) } catch {
      cancel()
      throw error
    }
  }

  private func advance(_ context: borrowing KernelContext) throws(StatusError) -> Bool {
    while true {
      try context.checkCancellation()
      var work: ByteString?
      if let request = pending.withLock({ $0 }) {
        work = try request.take()
        guard work != nil else { return false }
        pending.withLock { $0 = nil }
      }
      switch try source.serve(self, limit: limit ?? 1, work: work, wakeup: wakeup) {
      case .busy: return false
      case .needsWork:
        let request = queue.requestWork(waking: wakeup)
        pending.withLock { $0 = request }
      case .done(let records):
        try deliver(records, context)
        return true
      }
    }
  }

  private func deliver(
    _ records: [ReaderRecord], _ context: borrowing KernelContext
  ) throws(StatusError) {
    guard limit == nil, let record = records.first else {
      try context.setTexts(0, records.map(\.key))
      return try context.setTexts(1, records.map(\.value))
    }
    try context.setScalar(0, record.key)
    try context.setScalar(1, record.value)
  }

  func cancel() {
    let request = pending.withLock { $0.take() }
    request?.cancel()
    source.abandon(self)
  }

  var summary: String {
    let waits = pending.withLock { $0 }?.summary ?? "its turn"
    return "read from \(source.summary), which waits for \(waits)"
  }
}
