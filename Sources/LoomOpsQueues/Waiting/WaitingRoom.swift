import LoomCore
import LoomKernels
import Synchronization

/// A state that operations of many steps share, and the requests that wait for it to change.
///
/// Requests stand in lines. Whenever the state changes, the heads of all lines are tried, line by line,
/// until none of them gets any further. No thread is held by a request that waits.
final class WaitingRoom<State: Sendable>: Sendable {
  private struct Entry: Sendable {
    let ticket: WaitingTicket<State>
    var request: any WaitingRequest<State>
  }

  private struct Content: Sendable {
    var state: State
    var lines: [RingBuffer<Entry>]
  }

  /// Whether a request waits for those before it in its line; if not, any may go first.
  private let isOrdered: Bool
  private let content: Mutex<Content>

  init(_ state: State, lines: Int = 1, isOrdered: Bool = true) {
    self.isOrdered = isOrdered
    content = Mutex(
      Content(state: state, lines: Array(repeating: RingBuffer(), count: Swift.max(lines, 1))))
  }

  /// Does what `request` asks for, or makes it wait in `line`.
  ///
  /// - Returns: `nil` if it is done, with the outputs set.
  func submit<Request: WaitingRequest<State>>(
    _ request: Request, line: Int = 0, _ context: borrowing KernelContext
  ) throws(StatusError) -> (any Suspension)? {
    let services = context.services
    var request = request
    var woken: [WaitingTicket<State>] = []
    let outcome = content.withLock { content -> Result<WaitingTicket<State>?, StatusError> in
      do throws(StatusError) {
        var progress = WaitingProgress.none
        if !isOrdered || content.lines[line].isEmpty {
          progress = try request.attempt(&content.state)
        }
        if progress == .done {
          woken = advance(&content)
          return .success(nil)
        }
        let ticket = WaitingTicket(room: self, wakeup: services.wakeup)
        content.lines[line].append(Entry(ticket: ticket, request: request))
        if progress == .some { woken = advance(&content) }
        return .success(ticket)
      } catch {
        woken = advance(&content)
        return .failure(error)
      }
    }
    for ticket in woken { ticket.signal() }
    if let ticket = try outcome.get() { return ticket }
    try deliver(request, to: context)
    return nil
  }

  /// Makes `request` wait in `line`, or does it at once: either way the ticket has the outcome.
  func enqueue(
    _ request: some WaitingRequest<State>, line: Int, wakeup: StepWakeup
  ) -> WaitingTicket<State> {
    let ticket = WaitingTicket(room: self, wakeup: wakeup)
    let woken = content.withLock { content -> [WaitingTicket<State>] in
      content.lines[line].append(Entry(ticket: ticket, request: request))
      return advance(&content)
    }
    for ticket in woken { ticket.signal() }
    return ticket
  }

  /// Looks at the state.
  func read<R: Sendable>(_ body: (State) throws(StatusError) -> R) throws(StatusError) -> R {
    try content.withLock { (content) throws(StatusError) -> R in try body(content.state) }
  }

  /// Changes the state; then those who wait are tried again, also if `body` throws.
  func update<R: Sendable>(
    _ body: (inout State) throws(StatusError) -> R
  ) throws(StatusError) -> R {
    var woken: [WaitingTicket<State>] = []
    defer { for ticket in woken { ticket.signal() } }
    return try content.withLock { (content) throws(StatusError) -> R in
      defer { woken = advance(&content) }
      return try body(&content.state)
    }
  }

  /// Changes the state and ends all that wait in `line` with an error.
  func dismiss(
    line: Int, with error: StatusError, _ body: (inout State) -> Void
  ) {
    let woken = content.withLock { content -> [WaitingTicket<State>] in
      body(&content.state)
      var woken: [WaitingTicket<State>] = []
      while let entry = content.lines[line].popFirst() {
        entry.ticket.finish(.failure(error))
        woken.append(entry.ticket)
      }
      return woken + advance(&content)
    }
    for ticket in woken { ticket.signal() }
  }

  /// Ends the wait of a ticket; what its request had taken, it gives back.
  func cancel(_ ticket: WaitingTicket<State>) {
    let woken = content.withLock { content -> [WaitingTicket<State>] in
      for line in content.lines.indices {
        guard let place = content.lines[line].firstIndex(where: { $0.ticket === ticket }) else {
          continue
        }
        let entry = content.lines[line].remove(at: place)
        entry?.request.withdraw(from: &content.state)
        return advance(&content)
      }
      guard case .success(let request) = ticket.take() else { return [] }
      request.withdraw(from: &content.state)
      return advance(&content)
    }
    for ticket in woken { ticket.signal() }
  }

  func deliver(
    _ request: some WaitingRequest<State>, to context: borrowing KernelContext
  ) throws(StatusError) {
    do throws(StatusError) { try request.deliver(to: context) } catch {
      try update { state throws(StatusError) in request.withdraw(from: &state) }
      throw error
    }
  }

  /// What the request behind a ticket waits for.
  func summary(_ ticket: WaitingTicket<State>) -> String {
    content.withLock { content in
      let counts = content.lines.map(\.count)
      for line in content.lines {
        if let place = line.firstIndex(where: { $0.ticket === ticket }), let entry = line[place] {
          return entry.request.summary(content.state, waiting: counts)
        }
      }
      return ""
    }
  }

  /// Tries those who wait until nobody gets any further.
  ///
  /// - Returns: the tickets that are finished; to be signalled without the lock.
  private func advance(_ content: inout Content) -> [WaitingTicket<State>] {
    guard content.lines.contains(where: { !$0.isEmpty }) else { return [] }
    var woken: [WaitingTicket<State>] = []
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for line in content.lines.indices {
        var place = 0
        while place < content.lines[line].count {
          let progress = tryEntry(line, place, &content, &woken)
          if progress != .none { hasChanged = true }
          if progress == .done { continue }
          guard !isOrdered else { break }
          place += 1
        }
      }
    }
    return woken
  }

  private func tryEntry(
    _ line: Int, _ place: Int, _ content: inout Content, _ woken: inout [WaitingTicket<State>]
  ) -> WaitingProgress {
    var failure: StatusError?
    do throws(StatusError) {
      let progress = try content.lines[line][place]?.request.attempt(&content.state)
      guard progress == .done else { return progress ?? .none }
    } catch {
      failure = error
    }
    if let entry = content.lines[line].remove(at: place) {
      if let failure {
        entry.ticket.finish(.failure(failure))
      } else {
        entry.ticket.finish(.success(entry.request))
      }
      woken.append(entry.ticket)
    }
    return .done
  }
}
