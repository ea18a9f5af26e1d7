import Testing
import Weirloom

// By the compiler: CAL-007, CAL-016, CAL-018 (keys and arguments have types and labels), CAL-010 (there
// are as many arguments as keys).
// CAL-009: too few arguments do not compile; see CAL-026 for lists of arguments.
// CAL-014: keys and fetches are resolved when the callable is made, also when there is something to feed.
// CAL-022: errors of callables are those of `run`; there is no preamble to leave out.

@Suite struct CallableTests {
  private struct Fixture {
    let graph = Graph()
    let a: Output<Float>
    let b: Output<Int32>
    let sum: Output<Float>
    let session: Session

    init() throws {
      a = try graph.placeholder(Float.self, name: "a")
      b = try graph.placeholder(Int32.self, name: "b")
      sum = try a + a
      session = try Session(graph: graph)
    }
  }

  // CAL-001, CAL-002, CAL-003, CAL-004, CAL-013
  @Test func `a callable without feeds gives what run gives`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(2), name: "x")
    let session = try Session(graph: graph)
    #expect(try session.makeCallable(fetching: x)().scalar == 2)
    let nothing: Void = try session.makeCallable(fetching: x.operation)()
    #expect(nothing == ())
    #expect(try session.makeCallable(fetching: ["k": [x]])()["k"]?.first?.scalar == 2)
    #expect(try session.makeCallable(fetching: "x:0")()?.element(0, of: Float.self) == 2)
    let pair = try session.makeCallable(fetching: x, x.operation)()
    #expect(pair.0.scalar == 2)
    let foreign = try Graph().constant(Float(1))
    expectStatus(.invalidArgument, "not an element of this graph") {
      try session.makeCallable(fetching: foreign)
    }
    expectStatus(.invalidArgument, "does not exist") { try session.makeCallable(fetching: "y:0") }
  }

  // CAL-005, CAL-006, CAL-017
  @Test func `arguments pair up with keys`() throws {
    let f = try Fixture()
    let step = try f.session.makeCallable(feeding: f.b, f.a, fetching: f.sum, f.b)
    let (sum, b) = try step(Tensor(scalar: 7), Tensor([1, 2]))
    #expect(sum.scalars == [2, 4])
    #expect(b.scalar == 7)
    let again = try step(
      Tensor(scalar: 8), Tensor([3]), options: RunOptions(timeout: .seconds(60)))
    #expect(again.0.scalars == [6])
    #expect(again.1.scalar == 8)
  }

  // CAL-008
  @Test func `a callable with nothing to feed runs through`() async throws {
    let f = try Fixture()
    let c = try f.graph.constant(Float(3))
    let step = try f.session.makeCallable(fetching: c)
    #expect(try await step().scalar == 3)
  }

  // CAL-011
  @Test func `arguments are converted if asked for`() throws {
    let f = try Fixture()
    let step = try f.session.makeCallable(feeding: f.b, fetching: f.b)
    #expect(try step.call(converting: "4").scalar == 4)
    expectStatus(.invalidArgument, "not compatible") {
      try step.call(converting: (1 << 40).feedValue)
    }
    expectStatus(.invalidArgument, "Expected 1 feed tensors, but got 2") {
      try step.call(converting: 1, 2)
    }
  }

  // CAL-012, CAL-020
  @Test func `composites are fed and fetched`() throws {
    let graph = Graph()
    let p = try graph.sparsePlaceholder(Float.self)
    let session = try Session(graph: graph)
    let step = try session.makeCallable(feeding: p, fetching: p)
    let value = try step(SparseTensorValue(indices: [[1]], values: [5], denseShape: [4]))
    #expect(value.values.scalars == [5])
    #expect(value.denseShape.scalars == [4])
  }

  // CAL-015
  @Test func `a callable takes options and tells of its run`() throws {
    let f = try Fixture()
    let step = try f.session.makeCallable(feeding: f.a, fetching: f.sum)
    let (value, metadata) = try step.traced(Tensor(scalar: 2))
    #expect(value.scalar == 4)
    let names = metadata.stepStatistics.devices.flatMap(\.nodes).map(\.name)
    #expect(names.contains(f.sum.operation.name))
  }

  // CAL-019
  @Test func `a callable outlives changes of the graph`() throws {
    let f = try Fixture()
    let step = try f.session.makeCallable(feeding: f.a, fetching: f.sum)
    let more = try f.sum + f.sum
    #expect(try step(Tensor(scalar: 1)).scalar == 2)
    #expect(try f.session.run(more, feeding: f.a.feed(1)).scalar == 4)
    #expect(try step(Tensor(scalar: 2)).scalar == 4)
  }

  // CAL-021
  @Test func `many threads may call one callable`() throws {
    let f = try Fixture()
    let step = try f.session.makeCallable(feeding: f.a, fetching: f.sum)
    let threads = (0..<4).map { thread in
      OnThread {
        for index in 0..<500 {
          let value = Float(thread * 1000 + index)
          guard try step(Tensor(scalar: value)).scalar == 2 * value else { return false }
        }
        return true
      }
    }
    for thread in threads { #expect(try thread.value()) }
  }

  @Test func `a fed tensor of another shape or dtype is refused`() throws {
    let graph = Graph()
    let p = try graph.placeholder(Float.self, shape: [2], name: "p")
    let y = try p + p
    let step = try Session(graph: graph).makeCallable(feeding: p, fetching: y)
    expectStatus(.invalidArgument, "Cannot feed value of shape [3] for Tensor p:0") {
      try step(Tensor([1, 2, 3]))
    }
    #expect(try step(Tensor([1, 2])).scalars == [2, 4])
  }

  // CAL-023
  @Test func `a callable of nothing is refused when called`() throws {
    let f = try Fixture()
    let nothing = try f.session.makeCallable(fetching: [Output<Float>]())
    expectStatus(.invalidArgument, "Must specify at least one target to fetch or execute.") {
      try nothing()
    }
  }

  private func options(
    feeds: [String] = [], fetches: [String] = [], targets: [String] = []
  ) -> CallableOptions {
    var options = CallableOptions()
    options.feeds = feeds
    options.fetches = fetches
    options.targets = targets
    return options
  }

  // CAL-024, CAL-025
  @Test func `a callable by names gives a list, repeated fetches included`() throws {
    let f = try Fixture()
    let step = try f.session.makeCallable(
      options(feeds: ["a:0"], fetches: [f.sum.name, f.sum.name]))
    let values = try step([AnyTensor(scalar: Float(2))])
    #expect(try values.map { try $0.element(0, of: Float.self) } == [4, 4])
  }

  // CAL-026, CAL-027
  @Test func `a callable by names takes exactly its feeds`() throws {
    let f = try Fixture()
    let step = try f.session.makeCallable(options(feeds: ["a:0"], fetches: [f.sum.name]))
    expectStatus(.invalidArgument, "Expected 1 feed tensors, but got 0") { try step() }
    expectStatus(.invalidArgument, "Type mismatch: actual double vs. expect float") {
      try step([AnyTensor(scalar: 1.0)])
    }
  }

  // CAL-028, CAL-029, CAL-030, CAL-033
  @Test func `a callable by names refuses what does not fit`() throws {
    let f = try Fixture()
    let sum = f.sum.name
    func refuse(_ options: CallableOptions, _ text: String) {
      expectStatus(.invalidArgument, text) { try f.session.makeCallable(options) }
    }
    refuse(options(feeds: ["q:0"], fetches: [sum]), "Tensor q:0")
    refuse(options(feeds: ["a:0"], fetches: ["q:0"]), "was not found in the Graph")
    refuse(options(feeds: ["a:0", "a:0"], fetches: [sum]), "Endpoint \"a:0\" fed more than once.")
    refuse(options(feeds: ["a:0"], fetches: ["a:0"]), "a:0 is both fed and fetched.")
    refuse(options(feeds: ["a:0"]), "Must specify at least one target to fetch or execute.")
    var gpu = options(feeds: ["a:0"], fetches: [sum])
    gpu.fetchDevices = [sum: "/gpu:0"]
    refuse(gpu, "only CPU devices")
    gpu.fetchDevices = [sum: "/cpu:0"]
    #expect(throws: Never.self) { try f.session.makeCallable(gpu) }
  }

  // CAL-031
  @Test func `a connection puts one tensor in another's place`() throws {
    let graph = Graph()
    let a = try graph.constant(Float(5), name: "a")
    let b = try graph.placeholder(Float.self, name: "b")
    let y = try b + a
    let session = try Session(graph: graph)
    var connected = options(fetches: [y.name])
    connected.connections = [.init(from: "a:0", to: "b:0")]
    #expect(try session.makeCallable(connected)().first?.element(0, of: Float.self) == 10)
    connected.feeds = ["b:0"]
    expectStatus(.invalidArgument, "fed more than once") { try session.makeCallable(connected) }
    connected.feeds = []
    connected.connections = [.init(from: "a:0", to: "c:0")]
    expectStatus(.invalidArgument, "c:0") { try session.makeCallable(connected) }
    // The plan without the connection is another one.
    #expect(try session.run(y, feeding: b.feed(1)).scalar == 6)
  }

  // CAL-032
  @Test func `a callable by names runs targets and tells of its run`() throws {
    let graph = try Graph.forTests()
    let count = try graph.count("CAL-032")
    let session = try Session(graph: graph)
    var traced = options(targets: [count.operation.name])
    traced.runOptions = RunOptions(trace: .full)
    let step = try session.makeCallable(traced)
    let (values, metadata) = try step.traced()
    #expect(values.isEmpty)
    #expect(Tally.count("CAL-032") == 1)
    #expect(
      metadata.stepStatistics.devices.flatMap(\.nodes).map(\.name)
        .contains(count.operation.name))
  }
}
