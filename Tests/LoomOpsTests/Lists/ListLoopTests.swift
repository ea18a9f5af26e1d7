import Testing
import Weirloom

/// Lists and arrays as variables of loops.
@Suite struct ListLoopTests {
  private let ops = OpGraph()

  /// `for i in 0 ..< count { values = body(i, values) }` in frames; the final values.
  private func loop(
    _ count: Int, _ values: [AnyOutput], constants: [AnyOutput] = [],
    _ body: (_ index: AnyOutput, _ values: [AnyOutput], _ constants: [AnyOutput]) throws ->
      [AnyOutput]
  ) throws -> [AnyOutput] {
    let frame = ops.graph.uniqueName("loop")
    func enter(_ value: AnyOutput, isConstant: Bool) throws -> AnyOutput {
      try ops.op(
        "Enter", [value],
        ["frame_name": .string(ByteString(frame)), "is_constant": .bool(isConstant)]
      ).output(0)
    }
    let entered = try ([ops.int(0)] + values).map { try enter($0, isConstant: false) }
    let limit = try enter(ops.int(count), isConstant: true)
    let kept = try constants.map { try enter($0, isConstant: true) }
    let merges = try entered.map { try ops.op("Merge", [$0, $0]) }
    let less = try ops.op("Less", [merges[0].output(0), limit])
    let condition = try ops.op("LoopCond", [less.output(0)]).output(0)
    let switches = try merges.map { try ops.op("Switch", [$0.output(0), condition]) }
    let inside = try switches.map { try ops.op("Identity", [$0.output(1)]).output(0) }
    // Constants of the body must be made in each iteration.
    let results = try ops.graph.withControlDependencies(on: [inside[0].operation]) {
      () throws(StatusError) -> [AnyOutput] in
      do {
        let next = try ops.op("AddV2", [inside[0], ops.int(1)]).output(0)
        return try [next] + body(inside[0], Array(inside.dropFirst()), kept)
      } catch {
        throw StatusError.wrapping(error)
      }
    }
    for (merge, result) in zip(merges, results) {
      let back = try ops.op("NextIteration", [result])
      try ops.graph.updateInput(1, of: merge, to: back.output(0))
    }
    return try switches.dropFirst().map { try ops.op("Exit", [$0.output(0)]).output(0) }
  }

  private func float(_ index: AnyOutput) throws -> AnyOutput {
    try ops.op("Cast", [index], ["DstT": .type(.float)]).output(0)
  }

  /// An iteration that copied the list would make this take minutes.
  @Test(.timeLimit(.minutes(1)))
  func `pushing in a long loop does not copy the list`() throws {
    let count = 20_000
    let list = try loop(count, [ops.emptyList(shape: [])]) { index, values, _ in
      [try ops.push(values[0], float(index))]
    }
    #expect(try ops.run(ops.stack(list[0])) == (0..<count).map(Float.init))
  }

  @Test(.timeLimit(.minutes(1)))
  func `replacing elements in a long loop does not copy the list`() throws {
    let count = 20_000
    let list = try loop(count, [ops.reserved(count, shape: [])]) { index, values, _ in
      let item = try ops.op("TensorListSetItem", [values[0], index, float(index)])
      return [item.output(0)]
    }
    #expect(try ops.run(ops.stack(list[0])) == (0..<count).map(Float.init))
  }

  /// As in the gradient of a loop that reads a list.
  @Test(.timeLimit(.minutes(1)))
  func `adding up lists of one set element each takes no time for the others`() throws {
    let count = 20_000
    let list = try loop(count, [ops.reserved(count, shape: [])]) { index, values, _ in
      let zero = try ops.op("Reshape", [ops.ints([]), ops.ints([0])]).output(0)
      let empty = try ops.op(
        "TensorListReserve", [zero, ops.int(count)], ["element_dtype": .type(.float)]
      ).output(0)
      let last = try ops.int(count - 1)
      let place = try ops.op("Sub", [last, index]).output(0)
      let item = try ops.op("TensorListSetItem", [empty, place, float(index)]).output(0)
      return [try ops.op("AddN", [values[0], item]).output(0)]
    }
    #expect(try ops.run(ops.stack(list[0])) == (0..<count).reversed().map(Float.init))
  }

  @Test(.timeLimit(.minutes(1)))
  func `popping in a long loop gives what was pushed, last first`() throws {
    let count = 20_000
    let rows = try ops.floats((0..<count).map(Float.init))
    let list = try ops.op("TensorListFromTensor", [rows, ops.ints([])]).output(0)
    let results = try loop(count, [list, ops.emptyList(shape: [])]) { _, values, _ in
      let (rest, last) = try ops.pop(values[0])
      return [rest, try ops.push(values[1], last)]
    }
    #expect(try ops.run(ops.stack(results[1])) == (0..<count).reversed().map(Float.init))
    #expect(try ops.run(ops.length(results[0]), as: Int32.self).scalar == 0)
  }

  @Test(.timeLimit(.minutes(1)))
  func `an array is written in one loop and read in another`() throws {
    // So many that the sum is exact.
    let count = 4000
    let array = try TensorArray<Float>(ops.graph, size: count)
    let written = try loop(count, [array.flow.erased], constants: [array.handle]) {
      index, values, constants in
      let inside = try TensorArray<Float>(handle: constants[0], flow: Output(values[0]))
      return [try inside.writing(Output(float(index)), at: Output(index)).flow.erased]
    }
    let sum = try loop(
      count, [ops.float(0)], constants: [array.handle, written[0]]
    ) { index, values, constants in
      let inside = try TensorArray<Float>(handle: constants[0], flow: Output(constants[1]))
      return [try ops.op("AddV2", [values[0], inside.read(Output(index)).erased]).output(0)]
    }
    let session = try Session(graph: ops.graph)
    for _ in 0..<2 {
      #expect(try session.run(sum[0]).element(0, of: Float.self) == 7_998_000)
    }
  }

  /// The last value read from an array leaves the loop, although nothing in the loop uses it.
  @Test func `a value that only leaves a loop is the last one`() throws {
    let rows = try ops.graph.constant([1 as Float, 2, 3, 4, 5, 6], shape: [2, 3])
    let array = try TensorArray<Float>(ops.graph, size: 2).unstacking(rows)
    let last = try loop(
      2, [ops.floats([0, 0, 0])], constants: [array.handle, array.flow.erased]
    ) { index, _, constants in
      let inside = try TensorArray<Float>(handle: constants[0], flow: Output(constants[1]))
      return [try inside.read(Output(index)).erased]
    }
    #expect(try ops.run(last[0]) == [4, 5, 6])
  }
}
