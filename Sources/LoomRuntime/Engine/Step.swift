package import LoomCore
import LoomGraph
package import LoomKernels
import Synchronization

/// What one running step of a plan owns. Warm steps wait in their plan for its next run.
package final class Step: Sendable {
  /// Its number in the engine's list of steps.
  let id: Int
  let memory: StepMemory
  /// The frame of the plan's root.
  let root: StepFrame
  let services: StepServices
  package let cancellation: CancellationState

  init(id: Int, memory: StepMemory, services: StepServices) {
    self.id = id
    self.memory = memory
    root = memory.root
    self.services = services
    cancellation = services.cancellation
  }
}

/// A plan with the steps that ran it before and may run it again.
package final class RunnablePlan: Sendable {
  package let plan: Plan
  let signature: RunSignature
  /// The graph that the plan is of, if it is not the engine's.
  let graph: Graph?
  private let idle = Mutex<[Step]>([])
  /// The idle step that a run one after the other takes without asking for the lock.
  private let first = StepBox()
  /// What the last run on a thread that serves others took, in nanoseconds.
  private let lastDuration = Atomic<Int64>(.max)
  /// Runs that asked for metadata.
  private let reports = Atomic<Int>(0)

  init(_ plan: Plan, _ signature: RunSignature, of graph: Graph? = nil) {
    self.plan = plan
    self.graph = graph
    self.signature = signature
  }

  /// Whether the run that is about to start is one whose costs are to be reported.
  func isCostReportDue(_ options: GraphOptions) -> Bool {
    guard options.costModelInterval > 0 else { return false }
    let step = reports.wrappingAdd(1, ordering: .relaxed).oldValue
    let afterDelay = step - options.costModelDelay
    return afterDelay >= 0 && (afterDelay + 1) % options.costModelInterval == 0
  }

  // MARK: Brief runs

  /// What is done within this time is done sooner than handed to another thread.
  private static let briefTime: Int64 = 100_000
  /// Much data takes its time, whatever the last run took.
  private static let briefBytes = 1 << 16

  /// Whether a thread that serves others may run the plan on the side: it ran briefly before, and neither
  /// waits nor calls anybody.
  package func isBrief(_ feeds: [AnyTensor]) -> Bool {
    var bytes = 0
    for feed in feeds where bytes <= RunnablePlan.briefBytes { bytes += feed.byteCount }
    return isBrief(bytes: bytes)
  }

  /// Whether that holds with so many bytes of feeds.
  func isBrief(bytes: Int) -> Bool {
    plan.isPrompt && bytes <= RunnablePlan.briefBytes
      && lastDuration.load(ordering: .relaxed) < RunnablePlan.briefTime
  }

  /// Runs the plan and notes how long it takes.
  package func timed<R>(_ run: () throws(StatusError) -> R) throws(StatusError) -> R {
    let start = WallClock.nanoseconds()
    defer { lastDuration.store(WallClock.nanoseconds() - start, ordering: .relaxed) }
    return try run()
  }

  func takeIdleStep() -> Step? { first.take() ?? idle.withLock { $0.popLast() } }

  func giveBack(_ step: Step) {
    if let other = first.exchange(step) { idle.withLock { $0.append(other) } }
  }
}

/// Holds at most one step. Thread-safe, without a lock.
@safe private final class StepBox: Sendable {
  private let content = unsafe Atomic<Unmanaged<Step>?>(nil)

  deinit { _ = take() }

  func take() -> Step? {
    unsafe content.exchange(nil, ordering: .acquiring)?.takeRetainedValue()
  }

  /// - Returns: the step that was there.
  func exchange(_ step: Step) -> Step? {
    unsafe content.exchange(.passRetained(step), ordering: .acquiringAndReleasing)?
      .takeRetainedValue()
  }
}
