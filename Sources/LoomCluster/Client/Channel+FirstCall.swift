#if Distributed
  import LoomCore
  import LoomKernels
  import SwiftProtobuf

  extension Channel {
    /// How long a server may be out of reach before a session gives up.
    private static let patience = Duration.seconds(60)
    /// How often those who wait are told.
    private static let progressInterval = Duration.seconds(5)
    private static let pause = Duration.milliseconds(200)

    /// Makes a call to a server that may not be up yet: it is waited for, with a line to the standard error
    /// stream now and then.
    ///
    /// - Parameter timeout: How long the answer may take and, if the server can't be reached, the waiting;
    ///   `nil` for an answer that may take for ever from a server that is waited for a minute.
    /// - Throws: What `call` throws.
    func firstCall<Request, Response>(
      _ method: RPCMethod<Request, Response>, _ request: Request, timeout: Duration?
    ) async throws(StatusError) -> Response {
      let start = ContinuousClock.now
      let end = start + (timeout ?? Channel.patience)
      var nextProgress = start + Channel.progressInterval
      while true {
        do throws(StatusError) {
          return try await call(method, request, timeout: timeout)
        } catch {
          let now = ContinuousClock.now
          guard error.code == .unavailable, now < end else { throw error }
          if now >= nextProgress {
            nextProgress += Channel.progressInterval
            StandardStream.error.write("Still waiting for the server at \(address).\n")
          }
        }
        do { try await Task.sleep(for: Channel.pause) } catch {
          throw StatusError(.cancelled, "The task of the call was cancelled.")
        }
      }
    }
  }
#endif
