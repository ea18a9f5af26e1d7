import FoundationEssentials
import LoomCore
import LoomFormats
import LoomKernels
import LoomProto
import Synchronization

/// A reader of a session: takes work units from a queue and yields their records. Thread-safe.
///
/// Requests are served one at a time: the one that waits for a work unit keeps the others waiting, so
/// that records come in order.
final class RecordSource: Resource {
  let kind: ReaderKind
  let name: String

  private struct State {
    var unit: (any WorkUnit)?
    var work = ByteString()
    var started: Int64 = 0
    var finished: Int64 = 0
    var produced: Int64 = 0
    /// The request being served.
    var owner: ObjectIdentifier?
    /// Steps that wait for their turn.
    var waiting: [StepWakeup] = []

    var isWorking: Bool { finished < started }

    mutating func finish() {
      finished = started
      unit = nil
    }

    mutating func release() -> [StepWakeup] {
      owner = nil
      defer { waiting = [] }
      return waiting
    }
  }
  private let state = Mutex(State())

  init(_ kind: ReaderKind, name: String) {
    self.kind = kind
    self.name = name
  }

  static let typeName = "N10tensorflow15ReaderInterfaceE"

  var summary: String {
    state.withLock { "\(kind.name) '\(name)': \($0.produced) records of \($0.started) work units" }
  }

  /// How far a request got.
  enum Progress: Sendable {
    case done([ReaderRecord])
    /// A work unit is needed.
    case needsWork
    /// Another request is being served.
    case busy
  }

  /// Serves `request` as far as possible.
  ///
  /// - Parameters:
  ///   - limit: how many records are wanted; those of one work unit at most are given.
  ///   - work: the work unit that the request was given.
  func serve(
    _ request: AnyObject, limit: Int, work: ByteString?, wakeup: StepWakeup
  ) throws(StatusError) -> Progress {
    let identity = ObjectIdentifier(request)
    var woken: [StepWakeup] = []
    defer { for wakeup in woken { wakeup.signal() } }
    return try state.withLock { (state: inout sending State) throws(StatusError) -> Progress in
      if let owner = state.owner, owner != identity {
        state.waiting.append(wakeup)
        return .busy
      }
      state.owner = identity
      do throws(StatusError) {
        if let work {
          state.unit = nil
          state.work = work
          state.unit = try kind.open(work)
          state.started += 1
        }
        let records = try RecordSource.read(&state, limit)
        guard !records.isEmpty || limit == 0 else { return .needsWork }
        woken = state.release()
        return .done(records)
      } catch {
        woken = state.release()
        throw error
      }
    }
  }

  /// The next records of the current work unit.
  private static func read(
    _ state: inout State, _ limit: Int
  ) throws(StatusError) -> [ReaderRecord] {
    var records: [ReaderRecord] = []
    guard state.isWorking, let unit = state.unit else { return records }
    while records.count < limit {
      guard let record = try unit.next() else {
        state.finish()
        break
      }
      records.append(record)
      state.produced += 1
      if unit.isFinished {
        state.finish()
        break
      }
    }
    return records
  }

  /// Ends the service of a request that gives up.
  func abandon(_ request: AnyObject) {
    let woken = state.withLock { state -> [StepWakeup] in
      state.owner == ObjectIdentifier(request) ? state.release() : []
    }
    for wakeup in woken { wakeup.signal() }
  }

  var recordsProduced: Int64 { state.withLock { $0.produced } }
  var workUnitsCompleted: Int64 { state.withLock { $0.finished } }

  /// Forgets everything read so far.
  func reset() {
    state.withLock { state in
      state.unit = nil
      state.work = ByteString()
      (state.started, state.finished, state.produced) = (0, 0, 0)
    }
  }

  /// - Throws: ``StatusError/Code/unimplemented`` for readers whose place in a file cannot be told.
  func saved() throws(StatusError) -> ByteString {
    guard kind.canBeSaved else { throw .unimplemented("Reader SerializeState") }
    var message = Tensorflow_ReaderBaseState()
    state.withLock { state in
      message.workStarted = state.started
      message.workFinished = state.finished
      message.numRecordsProduced = state.produced
      message.currentWork = Data(state.work.bytes)
    }
    return ByteString(bytes: Array(try Wire.encode(message)))
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the text is no state,
  ///   ``StatusError/Code/unimplemented`` as ``saved()``.
  func restore(_ text: ByteString) throws(StatusError) {
    guard kind.canBeSaved else { throw .unimplemented("Reader RestoreState") }
    let message: Tensorflow_ReaderBaseState
    do throws(StatusError) {
      message = try Wire.decode(Tensorflow_ReaderBaseState.self, Data(text.bytes))
    } catch {
      throw .invalidArgument("Could not parse state for \(name): \(error.reason)")
    }
    guard message.workStarted >= 0, message.workFinished >= 0, message.numRecordsProduced >= 0
    else {
      throw .invalidArgument("Unexpected negative value when restoring in \(name)")
    }
    guard message.workStarted >= message.workFinished else {
      throw .invalidArgument(
        "Inconsistent work started vs. finished when restoring in \(name): "
          + "\(message.workStarted) vs. \(message.workFinished)")
    }
    let work = ByteString(message.currentWork)
    try state.withLock { (state: inout sending State) throws(StatusError) in
      state.unit = message.workStarted > message.workFinished ? try kind.open(work) : nil
      state.work = work
      state.started = message.workStarted
      state.finished = message.workFinished
      state.produced = message.numRecordsProduced
    }
  }
}
