public import LoomCore
import Synchronization

/// Where a step keeps the value of one output.
package struct Slot {
  package var tensor: AnyTensor?
  /// Set instead of `tensor` on edges of a reference dtype.
  package var reference: VariableCell?
  /// The value exists only on a branch that was not taken.
  package var isDead = false

  package init() {}

  package mutating func clear() {
    tensor = nil
    reference = nil
    isDead = false
  }
}

/// What all kernels of a step share. Thread-safe.
public final class StepServices: Sendable {
  private let currentStep: Atomic<Int>
  public let resources: ResourceManager
  /// Resources that vanish with the step: TensorArrays, stacks.
  public let stepResources: ResourceManager
  /// What kernels keep from call to call, such as positions of random generators, where their state in the
  /// session is not meant: functions that an iterator calls have a state that begins with the iterator.
  public let privateState: ResourceManager?
  public let budget: MemoryBudget
  public let cancellation: CancellationState
  /// Threads for loops inside a kernel.
  public let workers: WorkerPool
  /// Handles of the session's stored tensors.
  public let handles: TensorHandleStore?
  /// Wakes the step when something that it waits for may have happened.
  public let wakeup: StepWakeup

  public init(
    stepID: Int, resources: ResourceManager, stepResources: ResourceManager = ResourceManager(),
    budget: MemoryBudget = .unlimited, cancellation: CancellationState = CancellationState(),
    workers: WorkerPool, handles: TensorHandleStore? = nil, wakeup: StepWakeup = StepWakeup(),
    privateState: ResourceManager? = nil
  ) {
    currentStep = Atomic(stepID)
    self.resources = resources
    self.stepResources = stepResources
    self.budget = budget
    self.cancellation = cancellation
    self.workers = workers
    self.handles = handles
    self.wakeup = wakeup
    self.privateState = privateState
  }

  /// Differs from that of every other step of the session.
  public var stepID: Int { currentStep.load(ordering: .relaxed) }

  /// Makes this the services of another step, when the one before has ended well.
  package func renew(stepID: Int) { currentStep.store(stepID, ordering: .relaxed) }
}
