#if Distributed
  import GRPCCore
  import LoomCore
  import NIOCore
  import Synchronization

  /// Tells probes whether a server takes work (`grpc.health.v1.Health`).
  struct HealthService {
    static let name = "grpc.health.v1.Health"
    private static let service = ServiceDescriptor(fullyQualifiedService: name)

    let health: Health

    func register(with router: inout CallRouter) {
      let health = health
      router.add(MethodDescriptor(service: HealthService.service, method: "Check"), isProbe: true) {
        bytes throws(StatusError) in
        let status = health.status(of: try HealthMessages.service(bytes))
        guard status != .serviceUnknown else { throw .notFound("unknown service") }
        return .answered(.init(message: HealthMessages.answer(status)))
      }
      router.add(MethodDescriptor(service: HealthService.service, method: "Watch"), isProbe: true) {
        bytes throws(StatusError) in
        let service = try HealthMessages.service(bytes)
        return .streaming { write in
          var last: ServingStatus?
          // Ends with the call.
          for await _ in health.changes() {
            let status = health.status(of: service)
            guard status != last else { continue }
            last = status
            write(HealthMessages.answer(status))
          }
        }
      }
    }
  }

  /// Whether a server takes work, and who waits to be told of a change.
  final class Health: Sendable {
    private struct State {
      var isServing = true
      var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
      var nextWatcher = 0
    }
    private let services: Set<String>
    private let state = Mutex(State())

    /// - Parameter services: the names of those that the server offers.
    init(services: Set<String>) { self.services = services.union([""]) }

    func status(of service: String) -> ServingStatus {
      guard services.contains(service) else { return .serviceUnknown }
      return state.withLock { $0.isServing } ? .serving : .notServing
    }

    /// An element now, and one after each change.
    func changes() -> AsyncStream<Void> {
      let (stream, continuation) = AsyncStream<Void>.makeStream(
        bufferingPolicy: .bufferingNewest(1))
      let id = state.withLock { state in
        state.nextWatcher += 1
        state.watchers[state.nextWatcher] = continuation
        return state.nextWatcher
      }
      continuation.onTermination = { [weak self] _ in
        self?.state.withLock { _ = $0.watchers.removeValue(forKey: id) }
      }
      continuation.yield()
      return stream
    }

    func stopServing() {
      let watchers = state.withLock { state in
        state.isServing = false
        return Array(state.watchers.values)
      }
      for watcher in watchers { watcher.yield() }
    }
  }
#endif
