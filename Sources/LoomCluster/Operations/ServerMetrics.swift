#if Distributed
  import CoreMetrics
  import LoomCore
  import Synchronization

  /// What a server counts, in the application's metrics system.
  final class ServerMetrics: Sendable {
    private struct Call: Hashable {
      let method: String
      let code: StatusError.Code?
    }
    private let factory: any MetricsFactory
    private let requests = Mutex<[Call: any CounterHandler]>([:])
    private let durations = Mutex<[String: any TimerHandler]>([:])
    private let refusals = Mutex<[Refusal: any CounterHandler]>([:])
    private let received: any CounterHandler
    private let sent: any CounterHandler
    private let sessions: any MeterHandler
    private let steps: any MeterHandler
    private let connections: any MeterHandler
    private let tensorBytes: any MeterHandler

    /// Why somebody was turned away before a call was made.
    enum Refusal: String, Sendable {
      case handshake, connections, oversize, stalled, notHTTP2
    }

    init(_ factory: any MetricsFactory) {
      self.factory = factory
      received = factory.makeCounter(label: "weirloom_received_bytes", dimensions: [])
      sent = factory.makeCounter(label: "weirloom_sent_bytes", dimensions: [])
      sessions = factory.makeMeter(label: "weirloom_sessions", dimensions: [])
      steps = factory.makeMeter(label: "weirloom_steps_running", dimensions: [])
      connections = factory.makeMeter(label: "weirloom_connections", dimensions: [])
      tensorBytes = factory.makeMeter(label: "weirloom_session_tensor_bytes", dimensions: [])
    }

    /// A call has ended.
    ///
    /// - Parameters:
    ///   - name: Of the method: `package.Service/Method`.
    ///   - code: `nil` for a call that did what it was to.
    func ended(_ name: String, _ code: StatusError.Code?, after duration: Duration) {
      let (seconds, attoseconds) = duration.components
      durations.withLock { timers in
        if let known = timers[name] { return known }
        let made = factory.makeTimer(
          label: "weirloom_request_duration_seconds", dimensions: [("rpc", name)])
        timers[name] = made
        return made
      }.recordNanoseconds(seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
      requests.withLock { counters in
        let call = Call(method: name, code: code)
        if let known = counters[call] { return known }
        let made = factory.makeCounter(
          label: "weirloom_requests", dimensions: [("rpc", name), ("code", code?.name ?? "OK")])
        counters[call] = made
        return made
      }.increment(by: Int64(1))
    }

    func refused(_ refusal: Refusal) {
      refusals.withLock { counters in
        if let known = counters[refusal] { return known }
        let made = factory.makeCounter(
          label: "weirloom_refusals", dimensions: [("reason", refusal.rawValue)])
        counters[refusal] = made
        return made
      }.increment(by: Int64(1))
    }

    func received(bytes: Int) { received.increment(by: Int64(bytes)) }

    func sent(bytes: Int) { sent.increment(by: Int64(bytes)) }

    func connections(_ count: Int) { connections.set(Int64(count)) }

    func steps(_ count: Int) { steps.set(Int64(count)) }

    func state(sessions count: Int, tensorBytes bytes: Int) {
      sessions.set(Int64(count))
      tensorBytes.set(Int64(bytes))
    }
  }
#endif
