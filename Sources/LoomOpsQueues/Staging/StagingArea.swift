import LoomCore
import LoomKernels

/// A store of elements that is neither typed nor closed, bounded by count or memory.
final class StagingArea: Resource {
  let room: WaitingRoom<StagingState>

  init(name: String, limits: StagingLimits) {
    // As in TensorFlow, whoever can go on does, in no order.
    room = WaitingRoom(StagingState(name: name, limits: limits), isOrdered: false)
  }

  var summary: String { (try? room.read { $0.text }) ?? "" }
}

/// How much a staging area may hold; 0 is no limit.
struct StagingLimits: Sendable {
  let capacity: Int
  let memory: Int

  init(_ attributes: Attributes) throws(StatusError) {
    capacity = try attributes.int("capacity")
    memory = try attributes.int("memory_limit")
  }

  /// Refuses what would not even fit into an empty area.
  func check(_ bytes: Int) throws(StatusError) {
    guard memory == 0 || bytes <= memory else {
      throw .resourceExhausted(
        "Attempted to insert tensors with combined size of '\(bytes)' bytes into Staging Area with "
          + "a memory limit of '\(memory)'.")
    }
  }

  /// Whether there is room for more.
  func admit(count: Int, bytes: Int, adding new: Int) -> Bool {
    (capacity == 0 || count < capacity) && (memory == 0 || bytes <= memory - new)
  }

  static func bytes(_ tensors: some Sequence<AnyTensor>) -> Int {
    tensors.reduce(0) { $0 &+ $1.byteCount }
  }
}

struct StagingState: Sendable {
  let name: String
  let limits: StagingLimits
  var elements = RingBuffer<[AnyTensor]>()
  var bytes = 0

  init(name: String, limits: StagingLimits) {
    self.name = name
    self.limits = limits
  }

  var text: String { "staging area '\(name)' with \(elements.count) elements" }
}

/// Puts an element in.
struct StageRequest: WaitingRequest {
  let tensors: [AnyTensor]

  mutating func attempt(_ state: inout StagingState) throws(StatusError) -> WaitingProgress {
    let bytes = StagingLimits.bytes(tensors)
    try state.limits.check(bytes)
    guard state.limits.admit(count: state.elements.count, bytes: state.bytes, adding: bytes) else {
      return .none
    }
    state.elements.append(tensors)
    state.bytes &+= bytes
    return .done
  }

  func summary(_ state: StagingState, waiting: [Int]) -> String { "room in \(state.text)" }
}

/// Takes the first element out, or looks at one.
struct UnstageRequest: WaitingRequest {
  /// `nil`: take the first.
  let index: Int?
  let types: [DType]
  private var element: [AnyTensor]?

  init(index: Int?, types: [DType]) {
    self.index = index
    self.types = types
  }

  mutating func attempt(_ state: inout StagingState) throws(StatusError) -> WaitingProgress {
    guard state.elements.count > index ?? 0 else { return .none }
    if let index {
      element = state.elements[index]
    } else if let first = state.elements.popFirst() {
      element = first
      state.bytes &-= StagingLimits.bytes(first)
    }
    return .done
  }

  func deliver(to context: borrowing KernelContext) throws(StatusError) {
    try StagedValues.set(element ?? [], types, context)
  }

  func withdraw(from state: inout StagingState) {
    guard index == nil, let element else { return }
    state.elements.prepend(element)
    state.bytes &+= StagingLimits.bytes(element)
  }

  func summary(_ state: StagingState, waiting: [Int]) -> String {
    "an element of \(state.text)"
  }
}

enum StagedValues {
  /// Sets outputs, from `first` on, to values that were staged without any check of their dtypes.
  static func set(
    _ values: [AnyTensor], _ types: [DType], _ context: borrowing KernelContext, from first: Int = 0
  ) throws(StatusError) {
    guard values.count == types.count else {
      throw .invalidArgument("Mismatch stage/unstage: \(values.count) vs. \(types.count)")
    }
    for (index, value) in values.enumerated() {
      guard value.dtype == types[index] else {
        throw .internal(
          "Output \(first + index) of type \(value.dtype) does not match declared output type "
            + "\(types[index])")
      }
      try context.setOutput(first + index, value)
    }
  }
}
