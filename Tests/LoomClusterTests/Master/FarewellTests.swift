#if Distributed
  import LoomCluster
  import LoomCore
  import Synchronization
  import Testing
  import Weirloom

  /// What a master still has to say to tasks that were away.
  @Suite struct FarewellTests {
    /// A worker that answers or does not; it can only end sessions.
    private final class MovingWorker: WorkerInterface {
      let name = "/job:worker/replica:0/task:1"
      private let state: Mutex<(error: StatusError?, ended: [String])>

      init(_ error: StatusError?) { state = Mutex((error, [])) }

      var ended: [String] { state.withLock { $0.ended } }

      func change(_ error: StatusError?) { state.withLock { $0.error = error } }

      func deleteSession(_ handle: String) async throws(StatusError) {
        let error: StatusError? = state.withLock { state in
          if state.error == nil { state.ended.append(handle) }
          return state.error
        }
        if let error { throw error }
      }

      private static let unused = StatusError(.unimplemented, "")

      func status() async throws(StatusError) -> [DeviceAttributes] { throw Self.unused }
      func createSession(_ request: WorkerSessionRequest) async throws(StatusError) {
        throw Self.unused
      }
      func registerGraph(_ request: RegisterGraphRequest) async throws(StatusError) -> String {
        throw Self.unused
      }
      func deregisterGraph(_ graph: GraphReference) async throws(StatusError) {
        throw Self.unused
      }
      func runGraph(_ request: RunGraphRequest) async throws(StatusError) -> RunGraphResult {
        throw Self.unused
      }
      func cleanUp(step: Int64) async throws(StatusError) { throw Self.unused }
      func cleanUpAll(containers: [String]) async throws(StatusError) { throw Self.unused }
      func receiveTensor(_ request: ReceiveTensorRequest) async throws(StatusError) -> Delivery {
        throw Self.unused
      }
      func log(
        _ request: WorkerLogRequest
      ) async throws(StatusError) -> [Int64: StepStatistics] { throw Self.unused }
    }

    @Test func `a task that was away is told of all sessions that ended meanwhile`() async {
      let worker = MovingWorker(StatusError(.unavailable, "nobody there"))
      let farewells = Farewells()
      await farewells.say(to: worker, ["a"])
      await farewells.say(to: worker, ["b"])
      #expect(worker.ended.isEmpty)
      #expect(farewells.count(for: worker.name) == 2)
      worker.change(nil)
      farewells.catchUp(with: worker)
      #expect(await eventually { worker.ended == ["a", "b"] })
      #expect(farewells.count(for: worker.name) == 0)
      // Once is enough.
      farewells.catchUp(with: worker)
      await farewells.say(to: worker, ["c"])
      #expect(worker.ended == ["a", "b", "c"])
    }

    @Test func `what a task does not want to hear is not repeated`() async {
      let worker = MovingWorker(StatusError(.aborted, "Session handle is not found"))
      let farewells = Farewells()
      await farewells.say(to: worker, ["a", "b"])
      #expect(farewells.count(for: worker.name) == 0)
    }

    @Test func `a task that never comes back does not cost more and more`() async {
      let worker = MovingWorker(StatusError(.unavailable, "nobody there"))
      let farewells = Farewells()
      for number in 0..<1100 { await farewells.say(to: worker, ["\(number)"]) }
      #expect(farewells.count(for: worker.name) == 1024)
      worker.change(nil)
      farewells.catchUp(with: worker)
      #expect(await eventually { worker.ended.count == 1024 })
      #expect(worker.ended.last == "1099")
    }
  }
#endif
