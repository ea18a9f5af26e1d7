internal import FoundationEssentials
public import LoomCore
public import LoomGraph
internal import LoomProto
public import LoomRuntime
import Synchronization

/// Writes an event file: what a program reports of its work, step by step, as TensorBoard reads it.
///
/// A file is a row of records, each an `Event` message; the first tells the format. Thread-safe.
///
/// - SeeAlso: `tf.compat.v1.summary.FileWriter`.
public final class EventFileWriter: Sendable {
  /// Where the file is: `directory/events.out.tfevents.<seconds>.<host><suffix>`.
  public let path: String
  private let clock: @Sendable () -> Double

  private struct State {
    var file: OpenFile?
    /// Tags that run metadata was written under.
    var runTags: Set<String> = []
    /// Tags whose description was written: readers take it from the first value.
    var summaryTags: Set<String> = []
  }
  private let state: Mutex<State>

  /// Begins a new file.
  ///
  /// - Parameters:
  ///   - directory: made if there is none.
  ///   - suffix: ends the file's name.
  /// - Throws: what making the directory or the file throws.
  public convenience init(directory: String, suffix: String = "") throws(StatusError) {
    try self.init(
      directory: directory, suffix: suffix, host: ProcessInfo.processInfo.hostName
    ) { Date().timeIntervalSince1970 }
  }

  /// - Parameter clock: seconds since 1970.
  package init(
    directory: String, suffix: String, host: String, clock: @escaping @Sendable () -> Double
  ) throws(StatusError) {
    try Paths.makeFolder(directory)
    let start = clock().rounded(.down)
    let seconds = Int64(exactly: start).map(String.init) ?? "0"
    let padding = String(repeating: "0", count: max(0, 10 - seconds.count))
    let name = "events.out.tfevents.\(padding)\(seconds).\(host)\(suffix)"
    path = directory.hasSuffix("/") ? directory + name : directory + "/" + name
    self.clock = clock
    state = Mutex(State(file: try OpenFile(writing: path)))
    var first = Tensorflow_Event()
    first.wallTime = start
    first.fileVersion = "brain.Event:2"
    first.sourceMetadata.writer = "tensorflow.core.util.events_writer"
    try write(first)
  }

  private func write(_ event: Tensorflow_Event) throws(StatusError) {
    let record = RecordReader.frame(Array(try Wire.encode(event)))
    try state.withLock { (state) throws(StatusError) in
      guard let file = state.file else {
        throw .failedPrecondition("Event file '\(self.path)' is closed")
      }
      try file.write(record)
    }
  }

  private func event(_ step: Int64) -> Tensorflow_Event {
    var event = Tensorflow_Event()
    event.wallTime = clock()
    event.step = step
    return event
  }

  /// Writes the values of a `Summary` message, as summary ops make them.
  ///
  /// - Throws: ``StatusError/Code/dataLoss`` if the bytes are none.
  public func addSummary(_ summary: ByteString, step: Int64) throws(StatusError) {
    var message = try Wire.decode(Tensorflow_Summary.self, Data(summary.bytes))
    state.withLock { state in
      for index in message.value.indices where message.value[index].hasMetadata {
        if !state.summaryTags.insert(message.value[index].tag).inserted {
          message.value[index].clearMetadata()
        }
      }
    }
    var event = event(step)
    event.summary = message
    try write(event)
  }

  /// Writes a graph.
  public func addGraph(_ graph: GraphDefinition, step: Int64 = 0) throws(StatusError) {
    var event = event(step)
    event.graphDef = Data(try graph.serialized())
    try write(event)
  }

  /// Writes a graph with its collections and signatures.
  public func addMetaGraph(_ metaGraph: MetaGraph, step: Int64 = 0) throws(StatusError) {
    var event = event(step)
    event.metaGraphDef = Data(try metaGraph.serialized())
    try write(event)
  }

  /// Writes what a traced run reported.
  ///
  /// - Parameter tag: its name in the file.
  /// - Throws: ``StatusError/Code/invalidArgument`` if the file has run metadata of that name.
  public func addRunMetadata(
    _ metadata: RunMetadata, tag: String, step: Int64
  ) throws(StatusError) {
    guard state.withLock({ $0.runTags.insert(tag).inserted }) else {
      throw .invalidArgument("The provided tag '\(tag)' was already used for this event type")
    }
    var event = event(step)
    event.taggedRunMetadata.tag = tag
    event.taggedRunMetadata.runMetadata = Data(try metadata.serialized())
    try write(event)
  }

  /// What a session did.
  public enum SessionChange: Sendable, Hashable {
    case started
    case stopped
    /// Saved its variables under a prefix.
    case saved(checkpoint: String)
  }

  /// Writes what a session did.
  public func addSessionLog(_ change: SessionChange, step: Int64) throws(StatusError) {
    var event = event(step)
    switch change {
    case .started: event.sessionLog.status = .start
    case .stopped: event.sessionLog.status = .stop
    case .saved(let checkpoint):
      event.sessionLog.status = .checkpoint
      event.sessionLog.checkpointPath = checkpoint
    }
    try write(event)
  }

  /// Ends the file; adding to it is an error from now on.
  public func close() { state.withLock { $0.file = nil } }
}
