import LoomCore
import LoomKernels

/// Puts elements in, as many at a time as there is room for.
struct EnqueueRequest: WaitingRequest {
  let elements: [QueueElement]
  private var next = 0

  init(_ elements: [QueueElement]) { self.elements = elements }

  mutating func attempt(_ state: inout QueueState) throws(StatusError) -> WaitingProgress {
    guard !state.isClosed else { throw state.closed() }
    let start = next
    while next < elements.count, state.count < state.limit {
      state.insert(elements[next])
      next += 1
    }
    if next == elements.count { return .done }
    return next == start ? .none : .some
  }

  func summary(_ state: QueueState, waiting: [Int]) -> String {
    let part = elements.count == 1 ? "" : " (\(next) of \(elements.count) are in)"
    return state.summary("enqueue\(part) to", waiting: waiting)
  }
}

/// Closes the queue once those before it have put their elements in.
struct CloseRequest: WaitingRequest {
  mutating func attempt(_ state: inout QueueState) throws(StatusError) -> WaitingProgress {
    guard !state.isClosed else {
      throw StatusError(.cancelled, "Queue '\(state.name)' is already closed.")
    }
    state.isClosed = true
    return .done
  }

  func summary(_ state: QueueState, waiting: [Int]) -> String {
    state.summary("close of", waiting: waiting)
  }
}

/// Takes one element out.
struct DequeueRequest: WaitingRequest {
  private var element: QueueElement?

  mutating func attempt(_ state: inout QueueState) throws(StatusError) -> WaitingProgress {
    if state.isClosed, state.count == 0 { throw state.insufficient(requested: 1, size: 0) }
    guard state.available > 0 else { return .none }
    element = state.order.removeNext()
    return .done
  }

  func deliver(to context: borrowing KernelContext) throws(StatusError) {
    guard let element else { return }
    for index in 0..<context.outputCount {
      try context.setOutput(index, element.component(index).kept(budget: context.budget))
    }
  }

  func withdraw(from state: inout QueueState) {
    if let element { state.order.giveBack([element]) }
  }

  func summary(_ state: QueueState, waiting: [Int]) -> String {
    state.summary("dequeue from", waiting: waiting)
  }
}

/// Takes several elements out and joins them to a batch.
struct DequeueManyRequest: WaitingRequest {
  /// How many elements are still to come.
  private var missing: Int
  /// Whether a closed queue's remainder will do.
  let allowsFewer: Bool
  let specification: QueueSpecification
  private var elements: [QueueElement] = []

  init(_ count: Int, allowsFewer: Bool, of specification: QueueSpecification) {
    missing = count
    self.allowsFewer = allowsFewer
    self.specification = specification
  }

  mutating func attempt(_ state: inout QueueState) throws(StatusError) -> WaitingProgress {
    if state.isClosed, state.count < missing {
      let size = state.count
      state.order.giveBack(elements)
      elements = []
      guard allowsFewer, state.count > 0 else {
        throw state.insufficient(requested: missing, size: size)
      }
      missing = state.count
    }
    let before = missing
    while missing > 0, state.available > 0, let element = state.order.removeNext() {
      elements.append(element)
      missing -= 1
    }
    if missing == 0 { return .done }
    return missing == before ? .none : .some
  }

  func deliver(to context: borrowing KernelContext) throws(StatusError) {
    for index in 0..<context.outputCount {
      try QueueBatch.join(elements, index, specification, context)
    }
  }

  func withdraw(from state: inout QueueState) { state.order.giveBack(elements) }

  func summary(_ state: QueueState, waiting: [Int]) -> String {
    state.summary(progressText, waiting: waiting)
  }

  var progressText: String {
    "dequeue of \(elements.count + missing) (\(elements.count) are out) from"
  }
}
