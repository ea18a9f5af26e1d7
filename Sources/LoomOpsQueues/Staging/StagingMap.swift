import LoomCore
import LoomKernels

/// A staging area whose elements have keys, and whose components may be put in one by one.
final class StagingMap: Resource {
  let room: WaitingRoom<StagingMapState>

  init(name: String, limits: StagingLimits, componentCount: Int) {
    room = WaitingRoom(
      StagingMapState(name: name, limits: limits, componentCount: componentCount),
      isOrdered: false)
  }

  var summary: String { (try? room.read { $0.text }) ?? "" }
}

/// ``StagingMap``, of its own kind, for the ops that give the least key first.
final class OrderedStagingMap: Resource {
  let map: StagingMap

  init(_ map: StagingMap) { self.map = map }

  var summary: String { map.summary }
}

struct StagingMapState: Sendable {
  let name: String
  let limits: StagingLimits
  let componentCount: Int
  /// Elements with all components, some of which may have been taken out since.
  var complete: [Int64: [AnyTensor?]] = [:]
  var incomplete: [Int64: [AnyTensor?]] = [:]
  /// The complete keys in the order they became so.
  var order: [Int64] = []
  var bytes = 0

  init(name: String, limits: StagingLimits, componentCount: Int) {
    self.name = name
    self.limits = limits
    self.componentCount = componentCount
  }

  var text: String {
    "staging map '\(name)' with \(complete.count) whole and \(incomplete.count) incomplete elements"
  }

  mutating func insert(
    _ key: Int64, _ indices: [Int], _ tensors: [AnyTensor]
  ) throws(StatusError) {
    var element = incomplete[key] ?? Array(repeating: nil, count: componentCount)
    for (index, tensor) in zip(indices, tensors) {
      guard element[index] == nil else {
        throw .invalidArgument(
          "The tensor for index '\(index)' for key '\(key)' was already initialized "
            + "'\(componentCount)'.")
      }
      element[index] = tensor
    }
    bytes &+= StagingLimits.bytes(tensors)
    guard !element.contains(where: { $0 == nil }) else {
      incomplete[key] = element
      return
    }
    incomplete[key] = nil
    if complete.updateValue(element, forKey: key) == nil { order.append(key) }
  }

  /// The components of a whole element, which keeps them if `removes` is false.
  mutating func take(
    _ key: Int64, _ indices: [Int], removes: Bool
  ) throws(StatusError) -> [AnyTensor] {
    guard var element = complete[key] else { return [] }
    var values: [AnyTensor] = []
    for index in indices {
      guard index < element.count else {
        throw .invalidArgument(
          "Index '\(index)' for key '\(key)' was out of bounds '\(element.count)'.")
      }
      guard let value = element[index] else {
        throw .invalidArgument(
          "Tensor at index '\(index)' for key '\(key)' has already been removed.")
      }
      values.append(value)
      element[index] = nil
    }
    guard removes else { return values }
    bytes &-= StagingLimits.bytes(values)
    if element.contains(where: { $0 != nil }) {
      complete[key] = element
    } else {
      complete[key] = nil
      order.removeAll { $0 == key }
    }
    return values
  }

  /// Puts back what ``take(_:_:removes:)`` removed.
  mutating func giveBack(_ key: Int64, _ indices: [Int], _ values: [AnyTensor]) {
    var element = complete[key] ?? Array(repeating: nil, count: componentCount)
    for (index, value) in zip(indices, values) where element[index] == nil {
      element[index] = value
    }
    bytes &+= StagingLimits.bytes(values)
    if complete.updateValue(element, forKey: key) == nil { order.append(key) }
  }
}

/// Puts components of an element in.
struct MapStageRequest: WaitingRequest {
  let key: Int64
  let indices: [Int]
  let tensors: [AnyTensor]

  mutating func attempt(_ state: inout StagingMapState) throws(StatusError) -> WaitingProgress {
    let bytes = StagingLimits.bytes(tensors)
    try state.limits.check(bytes)
    guard state.limits.admit(count: state.complete.count, bytes: state.bytes, adding: bytes) else {
      return .none
    }
    try state.insert(key, indices, tensors)
    return .done
  }

  func summary(_ state: StagingMapState, waiting: [Int]) -> String { "room in \(state.text)" }
}

/// Takes components of a whole element out, or looks at them.
struct MapUnstageRequest: WaitingRequest {
  enum Choice: Sendable { case key(Int64), least, latest }

  let choice: Choice
  let indices: [Int]
  let types: [DType]
  let removes: Bool
  private var key: Int64?
  private var values: [AnyTensor] = []

  init(_ choice: Choice, _ indices: [Int], types: [DType], removes: Bool) {
    self.choice = choice
    self.indices = indices
    self.types = types
    self.removes = removes
  }

  mutating func attempt(_ state: inout StagingMapState) throws(StatusError) -> WaitingProgress {
    let key: Int64? =
      switch choice {
      case .key(let key): state.complete[key] == nil ? nil : key
      case .least: state.order.min()
      case .latest: state.order.last
      }
    guard let key else { return .none }
    values = try state.take(key, indices, removes: removes)
    self.key = key
    return .done
  }

  func deliver(to context: borrowing KernelContext) throws(StatusError) {
    var first = 0
    if case .key = choice {
    } else {
      try context.setScalar(0, key ?? 0)
      first = 1
    }
    try StagedValues.set(values, types, context, from: first)
  }

  func withdraw(from state: inout StagingMapState) {
    if removes, let key { state.giveBack(key, indices, values) }
  }

  func summary(_ state: StagingMapState, waiting: [Int]) -> String {
    if case .key(let key) = choice { return "key \(key) of \(state.text)" }
    return "an element of \(state.text)"
  }
}
