public import LoomCore
public import LoomFormats
public import LoomGraph
public import LoomRuntime
import Synchronization

/// Keeps a queue filled: runs its enqueue operations over and over, each in a task of its own, until the
/// data ends or a coordinator asks to stop.
///
/// No thread is held while an enqueue waits for room.
public final class QueueRunner: Sendable, NamedGraphItem {
  /// The name of the operation that makes the queue.
  public let name: String
  /// What is run over and over. An operation that stands here several times runs several times at once.
  public let enqueueOperations: [Operation]
  /// Run when the data has ended.
  public let closeOperation: Operation
  /// Run when the coordinator asks to stop: ends enqueues that wait.
  public let cancelOperation: Operation
  /// Errors that mean the end of the data, or of the queue.
  public let closedErrors: Set<StatusError.Code>

  private struct State {
    /// Tasks that still run in a session.
    var running: [ObjectIdentifier: Int] = [:]
    var errors: [StatusError] = []
  }

  /// What a runner knows of its tasks; the same for all copies that a graph's collection hands out.
  private final class Progress: Sendable {
    let state = Mutex(State())
  }
  private let progress: Progress

  /// - Parameters:
  ///   - closing: Closes the queue; made if `nil`.
  ///   - cancelling: Closes the queue and ends what waits; made if `nil`.
  /// - Throws: ``StatusError/Code/invalidArgument`` without enqueue operations.
  public convenience init(
    _ queue: AnyQueue, enqueue: [Operation], closing: Operation? = nil,
    cancelling: Operation? = nil, closedErrors: Set<StatusError.Code> = [.outOfRange]
  ) throws(StatusError) {
    guard !enqueue.isEmpty else {
      throw .invalidArgument("QueueRunner: expected at least one enqueue operation")
    }
    let close: Operation
    if let closing { close = closing } else { close = try queue.close() }
    let cancel: Operation
    if let cancelling {
      cancel = cancelling
    } else {
      cancel = try queue.close(cancellingPendingEnqueues: true)
    }
    self.init(
      name: queue.name, enqueue: enqueue, closing: close, cancelling: cancel,
      closedErrors: closedErrors)
  }

  private init(
    name: String, enqueue: [Operation], closing: Operation, cancelling: Operation,
    closedErrors: Set<StatusError.Code>, progress: Progress = Progress()
  ) {
    self.name = name
    enqueueOperations = enqueue
    closeOperation = closing
    cancelOperation = cancelling
    self.closedErrors = closedErrors
    self.progress = progress
  }

  /// What failed since the tasks were last started, where no coordinator was told.
  public var errors: [StatusError] { progress.state.withLock { $0.errors } }

  // MARK: Running

  /// Starts the tasks that fill the queue in a session; none if they run there already.
  ///
  /// With a coordinator, the tasks stop when it asks for it, and a failure makes it ask all others.
  @discardableResult
  public func start(
    in session: Session, coordinator: Coordinator? = nil
  ) -> [Task<Void, Never>] {
    let id = ObjectIdentifier(session)
    let isStarting = progress.state.withLock { state in
      guard state.running[id, default: 0] == 0 else { return false }
      state.running[id] = enqueueOperations.count
      state.errors = []
      return true
    }
    guard isStarting else { return [] }
    var tasks: [Task<Void, Never>] = []
    for operation in enqueueOperations {
      let body: @Sendable () async throws -> Void = {
        try await self.fill(operation, in: session, coordinator: coordinator)
      }
      let label = "QueueRunnerThread-\(name)-\(operation.name)"
      if let coordinator {
        tasks.append(coordinator.start(named: label, body))
      } else {
        tasks.append(Task { await self.keepingErrors(body) })
      }
    }
    if let coordinator {
      tasks.append(
        coordinator.start(named: "QueueRunnerThread-\(name)-close_on_stop") {
          await coordinator.waitForStop()
          // A queue that is closed already, or a session, needs no closing.
          _ = try? await session.run(self.cancelOperation)
        })
    }
    return tasks
  }

  private func keepingErrors(_ body: @Sendable () async throws -> Void) async {
    do { try await body() } catch {
      let error = StatusError.wrapping(error)
      progress.state.withLock { $0.errors.append(error) }
    }
  }

  /// Runs one operation until the data ends or all are to stop.
  private func fill(
    _ operation: Operation, in session: Session, coordinator: Coordinator?
  ) async throws(StatusError) {
    do throws(StatusError) {
      while !(coordinator?.shouldStop ?? false) {
        guard !Task.isCancelled else {
          throw StatusError(.cancelled, "The task that filled queue '\(name)' was cancelled.")
        }
        try await session.run(operation)
      }
    } catch  where closedErrors.contains(error.code) {
      if leave(session) {
        // The last one closes the queue; it may be closed already.
        _ = try? await session.run(closeOperation)
      }
      return
    } catch {
      _ = leave(session)
      // Once all are to stop, their queues are closed under those who wait.
      if coordinator?.shouldStop ?? false, error.code == .cancelled { return }
      throw error
    }
    _ = leave(session)
  }

  /// - Returns: whether this was the last task in the session.
  private func leave(_ session: Session) -> Bool {
    progress.state.withLock { state in
      let id = ObjectIdentifier(session)
      let left = state.running[id, default: 1] - 1
      state.running[id] = left > 0 ? left : nil
      return left <= 0
    }
  }

  // MARK: Definitions

  /// The names of the operations, as files keep them.
  public var definition: QueueRunnerDefinition {
    QueueRunnerDefinition(
      queue: name, enqueueOperations: enqueueOperations.map(\.name),
      closeOperation: closeOperation.name, cancelOperation: cancelOperation.name,
      closedErrors: closedErrors.sorted { $0.rawValue < $1.rawValue })
  }

  /// The runner a file describes.
  ///
  /// - Parameter scope: The scope that its operations were imported into.
  /// - Throws: ``StatusError/Code/notFound`` if the graph has not all of the operations.
  public convenience init(
    _ definition: QueueRunnerDefinition, in graph: Graph, scope: String = ""
  ) throws(StatusError) {
    func find(_ name: String) throws(StatusError) -> Operation {
      try graph.operation(named: scope.isEmpty ? name : "\(scope)/\(name)")
    }
    var enqueue: [Operation] = []
    for name in definition.enqueueOperations { enqueue.append(try find(name)) }
    self.init(
      name: scope.isEmpty ? definition.queue : "\(scope)/\(definition.queue)", enqueue: enqueue,
      closing: try find(definition.closeOperation),
      cancelling: try find(definition.cancelOperation),
      // Files from before there were such lists mean the end of the data.
      closedErrors: definition.closedErrors.isEmpty
        ? [.outOfRange] : Set(definition.closedErrors))
  }
}

extension QueueRunner: GraphBound {
  public var graph: Graph { closeOperation.graph }

  public var detached: @Sendable (Graph) -> QueueRunner {
    let enqueue = enqueueOperations.map(\.detached)
    let (close, cancel) = (closeOperation.detached, cancelOperation.detached)
    let (name, closedErrors, progress) = (name, closedErrors, progress)
    return { graph in
      QueueRunner(
        name: name, enqueue: enqueue.map { $0(graph) }, closing: close(graph),
        cancelling: cancel(graph), closedErrors: closedErrors, progress: progress)
    }
  }
}

extension Graph {
  /// Makes ``startQueueRunners(in:coordinator:collection:)`` start a runner.
  public func addQueueRunner(
    _ runner: QueueRunner, collection: String = CollectionKey.queueRunners
  ) throws(StatusError) {
    try addToCollections([collection], runner)
  }
}

/// Starts all queue runners of a session's graph.
///
/// - Parameter session: By default the default one.
/// - Returns: The tasks they run in.
/// - Throws: ``StatusError/Code/failedPrecondition`` without a session.
/// - SeeAlso: `tf.compat.v1.train.start_queue_runners`.
@discardableResult
public func startQueueRunners(
  in session: Session? = nil, coordinator: Coordinator? = nil,
  collection: String = CollectionKey.queueRunners
) throws(StatusError) -> [Task<Void, Never>] {
  guard let session = session ?? Session.default else {
    throw .failedPrecondition(
      "Cannot start queue runners: No default session is registered. Use `session.asDefault` or "
        + "pass an explicit session to startQueueRunners(in:).")
  }
  return session.graph.collection(collection, of: QueueRunner.self).flatMap {
    $0.start(in: session, coordinator: coordinator)
  }
}
