#if Distributed
  import GRPCCore
  import LoomCore

  /// Runs a handler whose task is cancelled when its call is: gRPC tells of that on the side, the rest of
  /// this package by the task.
  func withRPCCancellation<Response: Sendable>(
    _ context: ServerContext, _ handler: @escaping @Sendable () async throws -> Response
  ) async throws -> Response {
    try await withThrowingTaskGroup(of: Response.self) { group in
      group.addTask { try await handler() }
      group.addTask {
        try await context.cancellation.cancelled
        throw StatusError(.cancelled, "The call was cancelled.")
      }
      defer { group.cancelAll() }
      guard let response = try await group.next() else { throw CancellationError() }
      return response
    }
  }
#endif
