import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport
import Synchronization

/// A lock that operations of many steps take in turn.
enum MutexV2: HandleOp {
  static let signature = OpSignature(
    "MutexV2", outputs: ["resource: resource"],
    attributes: ["container: string = \"\"", "shared_name: string = \"\""], isStateful: true)
  static let kernels = KernelTable { construction in
    let source = try SharedResource<SharedMutex>(construction)
    return HandleKernel(construction, typeName: "N10tensorflow5MutexE") { resources in
      let found = try source.resource(in: resources) { (name) throws(StatusError) in
        SharedMutex(name: name)
      }
      return (found.resource, found.container, found.name)
    }
  }
}

/// Takes a lock; waits while somebody else has it.
enum MutexLock: StatefulOp {
  static let signature = OpSignature(
    "MutexLock", inputs: ["mutex: resource"], outputs: ["mutex_lock: variant"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let kernels = KernelTable { _ in MutexLockKernel() }
}

/// Gives a lock back.
enum ConsumeMutexLock: StatefulOp {
  static let signature = OpSignature(
    "ConsumeMutexLock", inputs: ["mutex_lock: variant"], isStateful: true)
  static let shapes = ShapeFunction { context in try context.requireRank(0, 0) }
  static let kernels = KernelTable.closure { context in
    let variant = try context.scalar(0, of: Variant.self)
    guard let lock = variant.value as? HeldLock else {
      throw StatusError.invalidArgument(
        "Expected input to be a SharedLockReleaser variant, but saw: "
          + "'\(variant.value?.typeName ?? "nothing")'")
    }
    lock.release()
  }
}

/// The lock behind a handle.
final class SharedMutex: Resource {
  struct State: Sendable {
    let name: String
    var isLocked = false
  }
  let room: WaitingRoom<State>

  init(name: String) { room = WaitingRoom(State(name: name)) }

  var summary: String { (try? room.read { "mutex '\($0.name)'" }) ?? "" }
}

/// A lock that is held until it is released or nobody refers to it any more.
final class HeldLock: VariantValue {
  let mutex: SharedMutex
  private let isHeld = Atomic<Bool>(true)

  init(_ mutex: SharedMutex) { self.mutex = mutex }

  deinit { release() }

  func release() {
    guard isHeld.exchange(false, ordering: .acquiringAndReleasing) else { return }
    // Unlocking cannot fail.
    try? mutex.room.update { $0.isLocked = false }
  }

  var typeName: String { "tensorflow::(anonymous namespace)::SharedLockReleaser" }
}

private struct LockRequest: WaitingRequest {
  let mutex: SharedMutex
  private var hasLock = false

  init(_ mutex: SharedMutex) { self.mutex = mutex }

  mutating func attempt(_ state: inout SharedMutex.State) throws(StatusError) -> WaitingProgress {
    guard !state.isLocked else { return .none }
    state.isLocked = true
    hasLock = true
    return .done
  }

  func deliver(to context: borrowing KernelContext) throws(StatusError) {
    try context.setOutput(0, AnyTensor(scalar: Variant(HeldLock(mutex))))
  }

  func withdraw(from state: inout SharedMutex.State) {
    if hasLock { state.isLocked = false }
  }

  func summary(_ state: SharedMutex.State, waiting: [Int]) -> String {
    "mutex '\(state.name)' (\(waiting[0]) wait)"
  }
}

private final class MutexLockKernel: AsyncKernel {
  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
    let mutex = try context.resource(0, as: SharedMutex.self)
    return try mutex.room.submit(LockRequest(mutex), context)
  }
}
