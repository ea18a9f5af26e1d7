import Testing
import Weirloom

// CNV-005, CNV-006 (types registered twice, or after a subclass): a type conforms to a protocol once, the
// compiler refuses a second conformance. CNV-007: a type that is only Fetchable has no `feed`, which does
// not compile. CNV-008: a subclass inherits the conformance and overrides its members.

/// A pair of tensors with a name.
private class Duo: Fetchable, Feedable {
  let first: Output<Float>
  let second: Output<Float>

  init(_ first: Output<Float>, _ second: Output<Float>) {
    self.first = first
    self.second = second
  }

  func flatten(into list: inout FetchList) throws(StatusError) {
    try list.add(first.erased)
    try list.add(second.erased)
  }

  func rebuild(from values: inout FetchedValues) throws(StatusError) -> Float {
    let (first, second) = (try values.next(of: Float.self), try values.next(of: Float.self))
    return combine(first.scalar ?? 0, second.scalar ?? 0)
  }

  func combine(_ first: Float, _ second: Float) -> Float { first * second }

  var feedParts: [AnyOutput] { [first.erased, second.erased] }

  func split(_ value: Float, into tensors: inout [AnyTensor]) throws(StatusError) {
    tensors.append(try AnyTensor(scalar: value))
    tensors.append(try AnyTensor(scalar: value + 1))
  }
}

private final class Sum: Duo {
  override func combine(_ first: Float, _ second: Float) -> Float { first + second }
}

@Suite struct CustomTypeTests {
  private struct Fixture {
    let graph = Graph()
    let a: Output<Float>
    let b: Output<Float>
    let session: Session

    init() throws {
      a = try graph.placeholder(Float.self, name: "a")
      b = try graph.placeholder(Float.self, name: "b")
      session = try Session(graph: graph)
    }
  }

  // CNV-001, CNV-002, CNV-004, CNV-008
  @Test func `a type of one's own is fetched and fed, also inside of structures`() throws {
    let f = try Fixture()
    let duo = Duo(f.a, f.b)
    let feed = try duo.feed(4)
    #expect(try f.session.run(duo, feeding: feed) == 20)
    #expect(try f.session.run([duo, Sum(f.a, f.b)], feeding: feed) == [20, 9])
    #expect(try f.session.run(["k": [duo]], feeding: feed) == ["k": [20]])
    let sum = try f.a + f.b
    #expect(try f.session.run(sum, feeding: feed).scalar == 9)
  }

  // CNV-003
  @Test func `a type of one's own is set up for partial runs`() throws {
    let f = try Fixture()
    let duo = Duo(f.a, f.b)
    let sum = try f.a + f.b
    let handle = try f.session.setUpPartialRun(feeding: duo, fetching: sum)
    let value = try f.session.runPartial(handle, fetching: sum, feeds: [duo.feed(1)])
    #expect(value.scalar == 3)
  }
}
