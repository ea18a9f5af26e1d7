#if Distributed
  import GRPCCore
  import LoomCluster
  import LoomCore
  import LoomFormats
  import LoomProto
  import SwiftProtobuf
  import Testing
  import Weirloom

  /// Requests that TensorFlow's client would not send: each gets the status TensorFlow's server gives,
  /// and the server goes on.
  @Suite struct MasterTests {
    /// `c = a * b` and a node that fails.
    private func graph() throws -> Graph {
      let graph = Graph()
      let a = try graph.placeholder(Float.self, shape: .unknown, name: "a")
      let b = try graph.placeholder(Float.self, shape: .unknown, name: "b")
      _ = try graph.addOperation("Mul", inputs: [a.erased, b.erased], name: "c")
      let text = try graph.constant(ByteString("abc"))
      _ = try graph.addOperation("StringToNumber", inputs: [text.erased], name: "bad")
      return graph
    }

    private func number(_ value: Float) throws -> Tensorflow_TensorProto {
      try Tensorflow_TensorProto(AnyTensor(scalar: value))
    }

    private func feeds() throws -> [(String, Tensorflow_TensorProto)] {
      [("a:0", try number(2)), ("b:0", try number(3))]
    }

    @Test func `malformed messages end only their call`() async throws {
      try await RawChannel.withServer { channel in
        let failed = await status {
          _ = try await channel.send([0xff, 0xff, 0xff], to: MasterMethods.runStep.descriptor)
        }
        #expect(failed?.code == .internalError)
        let session = try await channel.session()
        #expect(session.count == 16)
      }
    }

    @Test func `sessions that do not exist abort every call`() async throws {
      try await RawChannel.withServer { channel in
        let run = await status { _ = try await channel.run("x", fetches: ["a:0"]) }
        #expect(run?.code == .aborted)
        #expect(run?.message == "Session x is not found.")
        var close = Tensorflow_CloseSessionRequest()
        close.sessionHandle = "x"
        let closed = await status { _ = try await channel.call(MasterMethods.closeSession, close) }
        #expect(closed?.code == .aborted)
        #expect(closed?.message == "Session x is not found. Possibly, this master has restarted.")
        var stored = Tensorflow_RunStepRequest()
        stored.sessionHandle = "x"
        stored.storeErrorsInResponseBody = true
        let response = try await channel.call(MasterMethods.runStep, stored)
        #expect(response.statusCode == .aborted)
        #expect(response.statusErrorMessage == "Session x is not found.")
      }
    }

    /// A step that ran before is answered on the connection's thread, the first one is not: nobody may notice.
    @Test func `a step gives, and fails of, the same each time`() async throws {
      let graph = Graph()
      let x = try graph.placeholder(Int32.self, shape: .unknown, name: "x")
      let y = try graph.placeholder(Int32.self, shape: .unknown, name: "y")
      _ = try graph.addOperation("FloorDiv", inputs: [x.erased, y.erased], name: "q")
      func feeds(_ values: [Int32], by divisor: Int32) throws -> [(String, Tensorflow_TensorProto)]
      {
        [
          ("x:0", try Tensorflow_TensorProto(Tensor(values).erased)),
          ("y:0", try Tensorflow_TensorProto(AnyTensor(scalar: divisor))),
        ]
      }
      let (good, bad) = (try feeds([6, 9], by: 3), try feeds([1], by: 0))
      let large = try feeds(Array(repeating: 8, count: 100_000), by: 4)
      let mistyped = [good[0], ("y:0", try number(1))]
      // More elements than can be counted.
      var vast = good[1].1
      vast.tensorShape.dim = [.with { $0.size = 1 << 62 }, .with { $0.size = 4 }]
      let tooVast = [good[0], ("y:0", vast)]
      try await RawChannel.withServer { channel in
        let session = try await channel.session(graph)
        var failures: [[String]] = []
        for round in 0..<20 {
          let response = try await channel.run(session, feeds: good, fetches: ["q:0", "q:0"])
          #expect(response.tensor.map(\.name) == ["q:0"])
          #expect(try AnyTensor(response.tensor[0].tensor).scalars(of: Int32.self) == [2, 3])
          let whole = try await channel.run(session, feeds: large, fetches: ["q:0"])
          #expect(try AnyTensor(whole.tensor[0].tensor).byteCount == 400_000)
          var told: [String] = []
          for feeds in [bad, mistyped, tooVast, [good[0]]] {
            let failed = await status {
              _ = try await channel.run(session, feeds: feeds, fetches: ["q:0"])
            }
            told.append("\(failed?.code as Any) \(failed?.message ?? "")")
          }
          failures.append(told)
          let id = Int64(round + 1)
          _ = try await channel.run(session, feeds: good, fetches: ["q:0"], id: id)
          let twice = await status {
            _ = try await channel.run(session, feeds: good, fetches: ["q:0"], id: id)
          }
          #expect(twice?.code == .aborted)
        }
        #expect(Set(failures).count == 1, "\(failures)")
        #expect(failures[0][0].contains("Integer division by zero"))
        var close = Tensorflow_CloseSessionRequest()
        close.sessionHandle = session
        _ = try await channel.call(MasterMethods.closeSession, close)
        let closed = await status {
          _ = try await channel.run(session, feeds: good, fetches: ["q:0"])
        }
        #expect(closed?.message == "Session \(session) is not found.")
      }
    }

    @Test func `extending asks for the right version and for new names`() async throws {
      let definition = try Tensorflow_GraphDef(graph().definition())
      let feeds = try feeds()
      try await RawChannel.withServer { channel in
        var request = Tensorflow_ExtendSessionRequest()
        request.sessionHandle = try await channel.session()
        request.graphDef = definition
        request.currentGraphVersion = 7
        let wrong = await status {
          _ = try await channel.call(MasterMethods.extendSession, request)
        }
        #expect(wrong?.code == .aborted)
        #expect(wrong?.message == "Current version is 0 but caller expected 7.")
        request.currentGraphVersion = 0
        #expect(
          try await channel.call(MasterMethods.extendSession, request).newGraphVersion == 1)
        request.currentGraphVersion = 1
        let again = await status {
          _ = try await channel.call(MasterMethods.extendSession, request)
        }
        #expect(again?.code == .invalidArgument)
        #expect(again?.message.contains("which was created by a previous call") == true)
        #expect(
          try await channel.run(request.sessionHandle, feeds: feeds, fetches: ["c:0"]).tensor
            .first?.tensor.floatVal == [6])
      }
    }

    @Test func `graphs that can't be read are refused`() async throws {
      func node(_ name: String, _ op: String, _ inputs: String...) -> Tensorflow_NodeDef {
        var node = Tensorflow_NodeDef()
        node.name = name
        node.op = op
        node.input = inputs
        return node
      }
      let cases: [([Tensorflow_NodeDef], Int32, String)] = [
        ([node("z", "Nope")], 5, "Op type not registered 'Nope'"),
        ([node("z", "NoOp", "^n")], 3, "Unknown input node '^n'"),
        ([node("z", "NoOp"), node("z", "NoOp")], 3, "Node 'z' is not unique"),
      ]
      try await RawChannel.withServer { channel in
        for (nodes, code, text) in cases {
          var request = Tensorflow_CreateSessionRequest()
          request.graphDef.node = nodes
          let failed = await status {
            _ = try await channel.call(MasterMethods.createSession, request)
          }
          #expect(failed?.code.rawValue == Int(code))
          #expect(failed?.message.contains(text) == true, "\(failed?.message ?? "")")
        }
        var request = Tensorflow_CreateSessionRequest()
        request.graphDef.versions.minConsumer = 99_999
        let failed = await status {
          _ = try await channel.call(MasterMethods.createSession, request)
        }
        #expect(failed?.code == .invalidArgument)
        #expect(failed?.message.contains("min consumer version 99999 above") == true)
      }
    }

    @Test func `names that the graph does not have are told as TensorFlow tells them`()
      async throws
    {
      let graph = try graph()
      let feeds = try feeds()
      let one = try number(1)
      try await RawChannel.withServer { channel in
        let session = try await channel.session(graph)
        let cases:
          [([(String, Tensorflow_TensorProto)], [String], [String], StatusError.Code, String)] = [
            ([], [], [], .invalidArgument, "Must specify at least one target to fetch or execute."),
            ([], ["nope:0"], [], .notFound, "FetchOutputs node nope:0: not found"),
            (
              feeds, ["c:5"], [], .invalidArgument,
              "FetchOutputs c:5: output index too large, must be < 1"
            ),
            ([], [], ["nope"], .notFound, "PruneForTargets: Some target nodes not found: nope"),
            ([("nope:0", one)], ["c:0"], [], .notFound, "unable to find feed output nope:0"),
            ([("a:3", one)], ["c:0"], [], .invalidArgument, "a:3 should have output index < 1"),
            (
              [("a:0", one), ("a:0", one)], ["c:0"], [], .invalidArgument,
              "Endpoint \"a:0\" fed more than once."
            ),
            ([("a:0", one)], ["a:0"], [], .invalidArgument, "a:0 is both fed and fetched."),
          ]
        for (given, fetches, targets, code, text) in cases {
          let failed = await status {
            _ = try await channel.run(session, feeds: given, fetches: fetches, targets: targets)
          }
          #expect(failed?.code.rawValue == Int(code.rawValue), "\(text)")
          #expect(failed?.message.contains(text) == true, "\(failed?.message ?? "") for \(text)")
        }
        #expect(
          try await channel.run(session, feeds: feeds, fetches: ["c:0", "c:0"]).tensor.count == 1)
      }
    }

    @Test func `tensors that do not fit are refused`() async throws {
      let graph = try graph()
      var torn = try number(1)
      torn.floatVal = []
      torn.tensorContent = .init([1, 2])
      var wide = try number(1)
      wide.tensorShape.dim = [.with { $0.size = .max }, .with { $0.size = 8 }]
      var negative = try number(1)
      negative.tensorShape.dim = [.with { $0.size = -5 }]
      var untyped = try number(1)
      untyped.dtype = .dtInvalid
      let broken = [torn, wide, negative, untyped]
      let other = try Tensorflow_TensorProto(AnyTensor(scalar: Int64(2)))
      let feeds = try feeds()
      try await RawChannel.withServer { channel in
        let session = try await channel.session(graph)
        for tensor in broken {
          let failed = await status {
            _ = try await channel.run(
              session, feeds: [("a:0", tensor), feeds[1]], fetches: ["c:0"])
          }
          #expect(failed?.code == .invalidArgument)
          #expect(
            failed?.message.contains("Invalid TensorProto for feed value 0") == true,
            "\(failed?.message ?? "")")
        }
        let mistyped = await status {
          _ = try await channel.run(session, feeds: [("a:0", other), feeds[1]], fetches: ["c:0"])
        }
        #expect(mistyped?.code == .internalError)
        #expect(
          mistyped?.message.contains("Output 0 of type int64 does not match declared") == true)
      }
    }

    // DST-036, for the requests of clients.
    @Test func `a request that arrives twice runs once`() async throws {
      let graph = try graph()
      let feeds = try feeds()
      try await RawChannel.withServer { channel in
        let session = try await channel.session(graph)
        _ = try await channel.run(session, feeds: feeds, fetches: ["c:0"], id: 77)
        let again = await status {
          _ = try await channel.run(session, feeds: feeds, fetches: ["c:0"], id: 77)
        }
        #expect(again?.code == .aborted)
        #expect(
          again?.message.contains("The same RunStep (Master) request was received twice") == true)
        _ = try await channel.run(session, feeds: feeds, fetches: ["c:0"], id: -77)
      }
    }

    @Test func `callables that do not exist or were released are told`() async throws {
      let graph = try graph()
      let feeds = try feeds()
      try await RawChannel.withServer { channel in
        let session = try await channel.session(graph)
        var make = Tensorflow_MakeCallableRequest()
        make.sessionHandle = session
        make.options.feed = ["a:0", "b:0"]
        make.options.fetch = ["c:0", "c:0"]
        var run = Tensorflow_RunCallableRequest()
        run.sessionHandle = session
        run.handle = try await channel.call(MasterMethods.makeCallable, make).handle
        run.feed = feeds.map(\.1)
        #expect(
          try await channel.call(MasterMethods.runCallable, run).fetch.map(\.floatVal) == [
            [6], [6],
          ])
        run.feed = [run.feed[0]]
        let few = await status { _ = try await channel.call(MasterMethods.runCallable, run) }
        #expect(few?.code == .invalidArgument)
        var release = Tensorflow_ReleaseCallableRequest()
        release.sessionHandle = session
        release.handle = run.handle
        for _ in 0..<2 { _ = try await channel.call(MasterMethods.releaseCallable, release) }
        let released = await status { _ = try await channel.call(MasterMethods.runCallable, run) }
        #expect(
          released?.message == "Attempted to run callable after handle was released: \(run.handle)")
        run.handle = -1
        let unknown = await status { _ = try await channel.call(MasterMethods.runCallable, run) }
        #expect(unknown?.message == "No such callable handle: -1")
        make.options.feedDevices = ["a:0": "/cpu:0"]
        let placed = await status { _ = try await channel.call(MasterMethods.makeCallable, make) }
        #expect(placed?.code == .unimplemented)
      }
    }

    @Test func `errors of kernels name the task and the node`() async throws {
      let graph = try graph()
      try await RawChannel.withServer { channel in
        let session = try await channel.session(graph)
        let failed = await status { _ = try await channel.run(session, fetches: ["bad:0"]) }
        #expect(failed?.code == .invalidArgument)
        let message = failed?.message ?? ""
        #expect(message.hasPrefix("From /job:localhost/replica:0/task:0:\n"), "\(message)")
        #expect(message.hasSuffix("[[{{node bad}}]]"), "\(message)")
      }
    }
  }
#endif
