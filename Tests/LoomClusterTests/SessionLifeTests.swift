#if Distributed
  import GRPCCore
  import LoomCluster
  import LoomCore
  import LoomProto
  import Testing
  import Weirloom

  /// How sessions on a server end, and what outlives them.
  @Suite struct SessionLifeTests {
    /// A step that tells when it has begun, and then waits for ever.
    private struct Waiting {
      let graph = Graph()
      let began: String
      let wait: String

      init() throws {
        let begun = try graph.fifoQueue(capacity: 1, of: Int32.self, sharedName: "begun")
        let never = try graph.fifoQueue(capacity: 1, of: Int32.self, sharedName: "never")
        let enqueue = try begun.enqueue(try graph.constant(Int32(1)))
        began = try begun.dequeue().erased.name
        wait = try graph.withControlDependencies(on: [enqueue]) { () throws(StatusError) in
          try never.dequeue().erased.name
        }
      }
    }

    @Test func `a client that goes away ends its steps`() async throws {
      let waiting = try Waiting()
      let (graph, wait, began) = (waiting.graph, waiting.wait, waiting.began)
      let server = try Server.createLocalServer()
      try await RawChannel.with(server) { channel in
        let session = try await channel.session(graph)
        let step = Task { try await channel.run(session, fetches: [wait]) }
        let other = try await channel.session(graph)
        _ = try await channel.run(other, fetches: [began])
        step.cancel()
        _ = await step.result
        // A session is idle only when none of its steps runs.
        while server.sessionCount > 0 {
          await server.closeIdleSessions(for: .zero)
          await Task.yield()
        }
      }
    }

    @Test func `a call's deadline ends its step`() async throws {
      let waiting = try Waiting()
      let (graph, wait) = (waiting.graph, waiting.wait)
      let server = try Server.createLocalServer()
      try await RawChannel.with(server) { channel in
        var request = Tensorflow_RunStepRequest()
        request.sessionHandle = try await channel.session(graph)
        request.fetch = [wait]
        var options = CallOptions.defaults
        options.timeout = .milliseconds(100)
        let late = await status { [request, options] in
          _ = try await channel.call(MasterMethods.runStep, request, options)
        }
        #expect(late?.code == .deadlineExceeded)
        while server.sessionCount > 0 {
          await server.closeIdleSessions(for: .zero)
          await Task.yield()
        }
      }
    }

    // DST-019
    @Test func `a step's own deadline is told in TensorFlow's words`() async throws {
      let waiting = try Waiting()
      let (graph, wait) = (waiting.graph, waiting.wait)
      try await RawChannel.withServer { channel in
        var request = Tensorflow_RunStepRequest()
        request.sessionHandle = try await channel.session(graph)
        request.fetch = [wait]
        request.options.timeoutInMs = 50
        let late = await status { [request] in
          _ = try await channel.call(MasterMethods.runStep, request)
        }
        #expect(late?.code == .deadlineExceeded)
        #expect(late?.message == "Operation timed out.")
      }
    }

    // DST-020, DST-024
    @Test(arguments: [false, true])
    func `closing and resetting cancel steps`(_ resets: Bool) async throws {
      let waiting = try Waiting()
      let (graph, wait, began) = (waiting.graph, waiting.wait, waiting.began)
      try await RawChannel.withServer { channel in
        let session = try await channel.session(graph)
        let step = Task { try await channel.run(session, fetches: [wait]) }
        let other = try await channel.session(graph)
        _ = try await channel.run(other, fetches: [began])
        if resets {
          _ = try await channel.call(MasterMethods.reset, Tensorflow_ResetRequest())
        } else {
          var close = Tensorflow_CloseSessionRequest()
          close.sessionHandle = session
          _ = try await channel.call(MasterMethods.closeSession, close)
        }
        let ended = await status { _ = try await step.value }
        #expect(ended?.code == .cancelled)
        #expect(
          ended?.message == "Step was cancelled by an explicit call to `Session::Close()`.")
        let later = await status { _ = try await channel.run(session, fetches: [wait]) }
        #expect(later?.code == .aborted)
      }
    }

    @Test func `idle sessions are closed, their state stays`() async throws {
      let graph = Graph()
      let kept = try graph.variable("kept", initialValue: .zeros([1]))
      let initialize = try graph.globalVariablesInitializer.name
      let value = kept.value.erased.name
      let server = try Server.createLocalServer()
      try await RawChannel.with(server) { channel in
        let first = try await channel.session(graph)
        _ = try await channel.run(first, targets: [initialize])
        await server.closeIdleSessions(for: .seconds(3600))
        #expect(server.sessionCount == 1)
        await server.closeIdleSessions(for: .zero)
        #expect(server.sessionCount == 0)
        let gone = await status { _ = try await channel.run(first, fetches: [value]) }
        #expect(gone?.code == .aborted)
        let second = try await channel.session(graph)
        #expect(
          try await channel.run(second, fetches: [value]).tensor.first?.tensor.floatVal == [0])
      }
    }

    // RST-004: of the default container; TensorFlow's servers leave named ones alone.
    @Test func `resetting without names clears the default container`() async throws {
      let graph = Graph()
      let variables = try (0..<2).map {
        try graph.variable("reset\($0)", initialValue: .zeros([1]))
      }
      let initialize = try graph.globalVariablesInitializer.name
      let values = variables.map { $0.value.erased.name }
      try await RawChannel.withServer { channel in
        _ = try await channel.run(try await channel.session(graph), targets: [initialize])
        _ = try await channel.call(MasterMethods.reset, Tensorflow_ResetRequest())
        let session = try await channel.session(graph)
        for value in values {
          let lost = await status { _ = try await channel.run(session, fetches: [value]) }
          #expect(lost?.code == .failedPrecondition)
        }
      }
    }

    // DST-004
    @Test func `isolated sessions have state of their own`() async throws {
      let graph = Graph()
      let variable = try graph.variable("own", initialValue: .zeros([1]))
      let initialize = try graph.globalVariablesInitializer.name
      let value = variable.value.erased.name
      try await RawChannel.withServer { channel in
        var configuration = Tensorflow_ConfigProto()
        configuration.isolateSessionState = true
        let isolated = try await channel.session(graph, configuration)
        _ = try await channel.run(isolated, targets: [initialize])
        let shared = try await channel.session(graph)
        let lost = await status { _ = try await channel.run(shared, fetches: [value]) }
        #expect(lost?.code == .failedPrecondition)
        #expect(try await channel.run(isolated, fetches: [value]).tensor.count == 1)
      }
    }
  }
#endif
