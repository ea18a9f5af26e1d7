import Testing
import Weirloom

// By the compiler: HND-015 (only a tensor can be kept).
// HND-014: there are no handles left to collect by later runs: each is let go with its last reference.

@Suite(.inThisProcess("servers keep no tensors for their clients: see RemoteStateTests"))
struct SessionHandleTests {
  private struct Fixture {
    let graph = Graph()
    let sum: Output<Float>
    let kept: KeptOutput<Float>
    let session: Session

    init() throws {
      sum = try graph.constant([Float(1), 2]) + graph.constant([Float(10), 10])
      kept = try graph.kept(sum, name: "keep")
      session = try Session(graph: graph)
    }
  }

  // HND-001, HND-002
  @Test func `a kept tensor gives a handle that names it and gives its value`() throws {
    let f = try Fixture()
    let handle = try f.session.run(f.kept)
    let parts = handle.text.split(separator: ";")
    #expect(parts.count == 3)
    #expect(parts.first == "keep")
    #expect(parts.last == "/job:localhost/replica:0/task:0/device:CPU:0")
    #expect(try handle.evaluate().scalars == [11, 12])
    #expect(try f.session.run(f.kept).text != handle.text)
  }

  // HND-003
  @Test func `a kept tensor is read by the text of its handle`() throws {
    let f = try Fixture()
    let handle = try f.session.run(f.kept)
    let (text, value) = try f.graph.sessionTensor(Float.self)
    let doubled = try value + value
    #expect(
      try f.session.run(doubled, feeding: text.feed(ByteString(handle.text))).scalars
        == [22, 24])
  }

  // HND-004, HND-005, HND-006
  @Test func `a handle is fed in place of its tensor`() throws {
    let f = try Fixture()
    let handle = try f.session.run(f.kept)
    let p = try f.graph.placeholder(Float.self)
    let doubled = try p + p
    #expect(try f.session.run(doubled, feeding: p.feed(handle)).scalars == [22, 24])
    let back = try f.session.run(p, feeding: p.feed(handle))
    #expect(back.erased.buffer === (try handle.evaluate()).erased.buffer)
    let text = try f.graph.placeholder(ByteString.self)
    expectStatus(.invalidArgument, "dtype") {
      try f.session.run(text, feeding: text.erased.feed(handle.erased))
    }
  }

  // HND-007, HND-013
  @Test func `a handle that was deleted or given away is of no more use`() throws {
    let f = try Fixture()
    let handle = try f.session.run(f.kept)
    try handle.delete()
    expectStatus(.failedPrecondition, "may have already been deleted") { try handle.evaluate() }
    expectStatus(.failedPrecondition, "may have already been deleted") { try handle.delete() }
    let raw = try f.session.run(f.kept).erased.rawHandle()
    // The object is gone, the tensor is not.
    let (text, value) = try f.graph.sessionTensor(Float.self)
    #expect(
      try f.session.run(value, feeding: text.feed(ByteString(raw))).scalars == [11, 12])
    let given = try f.session.run(f.kept)
    _ = given.erased.rawHandle()
    expectStatus(.failedPrecondition) { try given.evaluate() }
  }

  // HND-008, HND-009, HND-010
  @Test func `an operation deletes a kept tensor once`() throws {
    let f = try Fixture()
    let handle = try f.session.run(f.kept)
    let (text, delete) = try f.graph.deleteSessionTensor()
    let feed = try text.feed(ByteString(handle.text))
    try f.session.run(delete, feeding: feed)
    expectStatus(.invalidArgument, "Failed to delete a tensor with handle") {
      try f.session.run(delete, feeding: feed)
    }
    let (name, value) = try f.graph.sessionTensor(Float.self)
    expectStatus(.invalidArgument, "is not in the session store") {
      try f.session.run(value, feeding: name.feed(ByteString(handle.text)))
    }
    expectStatus(.invalidArgument, "The tensor with handle 'none' is not in the session store.") {
      try f.session.run(value, feeding: name.feed("none"))
    }
  }

  // HND-011
  @Test func `a handle is of no use to another session`() throws {
    let f = try Fixture()
    let handle = try f.session.run(f.kept)
    let p = try f.graph.placeholder(Float.self)
    let second = try Session(graph: f.graph)
    expectStatus(.invalidArgument, "is not in the session store") {
      try second.run(p, feeding: p.feed(handle))
    }
  }

  // HND-012
  @Test func `a kept tensor of another dtype is refused`() throws {
    let f = try Fixture()
    let handle = try f.session.run(f.kept)
    let (text, value) = try f.graph.sessionTensor(Int32.self)
    expectStatus(.invalidArgument, "expected int32") {
      try f.session.run(value, feeding: text.feed(ByteString(handle.text)))
    }
  }

  // HND-014
  @Test func `the session forgets tensors whose handles are gone`() throws {
    let f = try Fixture()
    for _ in 0..<20 { _ = try f.session.run(f.kept) }
    #expect(f.session.direct?.handles.count == 0)
    let handle = try f.session.run(f.kept)
    #expect(f.session.direct?.handles.count == 1)
    #expect(try handle.evaluate().count == 2)
  }

  // HND-016
  @Test func `handles stand inside of structures`() throws {
    let f = try Fixture()
    let second = try f.graph.kept(f.sum)
    let (list, named) = try f.session.run([f.kept, second], ["a": f.kept])
    #expect(list.count == 2)
    #expect(try list[1].evaluate().scalars == [11, 12])
    #expect(try named["a"]?.evaluate().scalars == [11, 12])
  }

  // HND-016
  @Test func `a tensor that is fetched twice has one handle`() throws {
    let f = try Fixture()
    var handles = try f.session.run([f.kept, f.kept])
    #expect(handles[0].erased === handles[1].erased)
    handles.removeLast()
    #expect(try handles[0].evaluate().scalars == [11, 12])
    handles.removeLast()
    #expect(f.session.direct?.handles.count == 0)
  }

  // HND-018
  @Test func `a kept tensor is read on another device of the session`() throws {
    let graph = Graph()
    let x = try graph.withDevice("/cpu:0") { () throws(StatusError) in
      try graph.constant(Float(3))
    }
    let kept = try graph.kept(x)
    var configuration = SessionConfiguration()
    configuration.deviceCount = ["CPU": 2]
    let session = try Session(graph: graph, configuration: configuration)
    let handle = try session.run(kept)
    let (text, value) = try graph.sessionTensor(Float.self, on: "/cpu:1")
    #expect(try session.run(value, feeding: text.feed(ByteString(handle.text))).scalar == 3)
    session.close()
    expectStatus(.invalidArgument) { try handle.evaluate() }
  }
}
