import Testing
import Weirloom

@Suite struct ListGradientTests {
  private let ops = OpGraph()
  private var graph: Graph { ops.graph }

  /// The gradient of `y` times the weights 1, 2, 3, … with respect to `x`.
  private func gradient(of y: AnyOutput, _ x: AnyOutput, _ shape: [Int]) throws -> [Float] {
    let count = shape.reduce(1, *)
    let weights = try ops.floats((1...Swift.max(count, 1)).prefix(count).map(Float.init), shape)
    let found = try gradients(of: [y], withRespectTo: [x], upstream: [weights])[0]
    guard case .dense(let output)? = found else { return [] }
    return try ops.run(output)
  }

  // GRD-018
  @Test func `gradients flow through writes and reads`() throws {
    let x = try graph.constant([3 as Float, 4, 5])
    let array = try TensorArray<Float>(graph, size: 1).writing(x, at: 0)
    let y = try array.read(0) + array.flow
    let twice = try TensorArray<Float>(graph, size: 1).writing(y + y, at: 0).read(0)
    let ones = try ops.floats([1, 1, 1])
    let found = try gradients(of: [twice.erased], withRespectTo: [x.erased], upstream: [ones])[0]
    guard case .dense(let output)? = found else {
      Issue.record("There is no gradient")
      return
    }
    #expect(try ops.run(output) == [2, 2, 2])
  }

  @Test func `gradients flow through unstacking, stacking and scattering`() throws {
    let x = try graph.constant([1 as Float, 2, 3, 4], shape: [2, 2])
    let array = try TensorArray<Float>(graph, size: 2).unstacking(x)
    #expect(try gradient(of: array.stacked().erased, x.erased, [2, 2]) == [1, 2, 3, 4])
    let swapped = try TensorArray<Float>(graph, size: 2)
      .scattering(x, at: graph.constant([1, 0])).stacked()
    #expect(try gradient(of: swapped.erased, x.erased, [2, 2]) == [3, 4, 1, 2])
  }

  @Test func `gradients flow through splitting and concatenating`() throws {
    let x = try graph.constant([1 as Float, 2, 3])
    let array = try TensorArray<Float>(graph, size: 2, infersShape: false)
      .splitting(x, lengths: graph.constant([2, 1]))
    #expect(try gradient(of: array.concatenated().erased, x.erased, [3]) == [1, 2, 3])
  }

  @Test func `reads of one element add up, also in a second call of gradients`() throws {
    let x = try graph.constant(Float(3))
    let array = try TensorArray<Float>(graph, size: 1, clearsAfterRead: false).writing(x, at: 0)
    let y = try array.read(0) + array.read(0) + array.read(0)
    let first = try #require(try Weirloom.gradient(of: y, withRespectTo: x))
    let second = try #require(try Weirloom.gradient(of: y, withRespectTo: x))
    let session = try Session(graph: graph)
    let values = try session.run([first.erased, second.erased])
    #expect(try values.map { try $0.element(0, of: Float.self) } == [3, 3])
  }

  @Test func `an element whose gradient is stopped has gradient zero`() throws {
    let x = try graph.constant([1 as Float, 2])
    let array = try TensorArray<Float>(graph, size: 2, elementShape: [2])
      .writing(x, at: 0).writing(x, at: 1)
    #expect(try gradient(of: array.read(1).erased, x.erased, [2]) == [1, 2])
  }

  @Test func `a name that is not that of gradients is refused`() throws {
    let x = try graph.constant(Float(3))
    let y = try TensorArray<Float>(graph, size: 1).writing(x, at: 0).read(0)
    var options = GradientOptions()
    options.name = "other"
    let error = #expect(throws: StatusError.self) {
      try Weirloom.gradient(of: y, withRespectTo: x, options: options)
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("start with gradients") ?? false)
  }

  // MARK: Lists

  @Test func `gradients flow through lists of rows`() throws {
    let x = try ops.floats([1, 2, 3, 4], [2, 2])
    let list = try ops.op("TensorListFromTensor", [x, ops.ints([2])]).output(0)
    #expect(try gradient(of: ops.stack(list), x, [2, 2]) == [1, 2, 3, 4])
    #expect(try gradient(of: ops.get(list, 1), x, [2]) == [0, 0, 1, 2])
    let some = try ops.op(
      "TensorListGather", [list, ops.ints([1]), ops.ints([2])],
      ["element_dtype": .type(.float)]
    ).output(0)
    #expect(try gradient(of: some, x, [1, 2]) == [0, 0, 1, 2])
  }

  @Test func `gradients flow through pushing and popping`() throws {
    let (x, y) = (try ops.floats([1, 2]), try ops.floats([3, 4]))
    let list = try ops.push(ops.push(ops.emptyList(shape: [2]), x), y)
    let (rest, last) = try ops.pop(list)
    #expect(try gradient(of: last, y, [2]) == [1, 2])
    #expect(try gradient(of: last, x, [2]) == [0, 0])
    #expect(try gradient(of: ops.stack(rest), x, [1, 2]) == [1, 2])
    #expect(try gradient(of: ops.stack(list), y, [2, 2]) == [3, 4])
  }

  @Test func `gradients flow past an element that was replaced`() throws {
    let (x, y) = (try ops.floats([1, 2, 3]), try ops.float(9))
    let list = try ops.op("TensorListFromTensor", [x, ops.ints([])]).output(0)
    let replaced = try ops.set(list, 1, y)
    #expect(try gradient(of: ops.stack(replaced), x, [3]) == [1, 0, 3])
    #expect(try gradient(of: ops.stack(replaced), y, [3]) == [2])
    let extended = try ops.set(list, 4, y, resizing: true)
    #expect(try gradient(of: ops.stack(extended), x, [5]) == [1, 2, 3])
    #expect(try gradient(of: ops.stack(extended), y, [5]) == [5])
  }

  @Test func `gradients flow through scattering, splitting and concatenating`() throws {
    let x = try ops.floats([1, 2, 3])
    let scattered = try ops.op(
      "TensorListScatterV2", [x, ops.ints([2, 0, 1]), ops.ints([]), ops.int(3)]
    ).output(0)
    #expect(try gradient(of: ops.stack(scattered), x, [3]) == [3, 1, 2])
    let into = try ops.op(
      "TensorListScatterIntoExistingList", [scattered, ops.floats([7]), ops.ints([0])]
    ).output(0)
    #expect(try gradient(of: ops.stack(into), x, [3]) == [3, 0, 2])
    let lengths = try graph.constant([1 as Int64, 2]).erased
    let split = try ops.op("TensorListSplit", [x, ops.ints([-1]), lengths]).output(0)
    #expect(try gradient(of: ops.concat(split).output(0), x, [3]) == [1, 2, 3])
  }
}
