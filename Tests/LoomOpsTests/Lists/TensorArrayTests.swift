import Testing
import Weirloom

@Suite struct TensorArrayTests {
  private let ops = OpGraph(producer: 8)
  private var graph: Graph { ops.graph }

  private func vector(_ values: Float...) throws -> Output<Float> { try graph.constant(values) }

  /// An array of the two vectors `[1, 2]` and `[3, 4]`.
  private func pair(clearsAfterRead: Bool = true) throws -> TensorArray<Float> {
    try TensorArray<Float>(graph, size: 2, clearsAfterRead: clearsAfterRead)
      .writing(vector(1, 2), at: 0).writing(vector(3, 4), at: 1)
  }

  // RES-003
  @Test func `elements are written, read, stacked, gathered and concatenated`() throws {
    #expect(try ops.run(pair().read(1).erased) == [3, 4])
    let stacked = try pair().stacked()
    #expect(stacked.shape == [2, 2])
    #expect(try ops.run(stacked.erased, as: Float.self).shape.sizes == [2, 2])
    #expect(try ops.run(stacked.erased) == [1, 2, 3, 4])
    #expect(try ops.run(pair().gather(graph.constant([1 as Int32])).erased) == [3, 4])
    #expect(try ops.run(pair().concatenated().erased) == [1, 2, 3, 4])
    #expect(try ops.run(pair().size().erased, as: Int32.self).scalar == 2)
  }

  // RES-003
  @Test func `a tensor is unstacked, scattered and split into an array`() throws {
    let rows = try graph.constant([1 as Float, 2, 3, 4, 5, 6], shape: [3, 2])
    let unstacked = try TensorArray<Float>(graph, size: 3).unstacking(rows)
    #expect(try ops.run(unstacked.read(2).erased) == [5, 6])
    let scattered = try TensorArray<Float>(graph, size: 3)
      .scattering(rows, at: graph.constant([2, 0, 1]))
    #expect(try ops.run(scattered.stacked().erased) == [3, 4, 5, 6, 1, 2])
    let split = try TensorArray<Float>(graph, size: 2, infersShape: false)
      .splitting(rows, lengths: graph.constant([1, 2]))
    #expect(try ops.run(split.read(1).erased) == [3, 4, 5, 6])
    #expect(try ops.run(split.read(0).erased, as: Float.self).shape.sizes == [1, 2])
  }

  // RES-004
  @Test func `an element is written once, and read once unless it is kept`() throws {
    let twice = try pair().writing(vector(5, 6), at: 1)
    ops.expectFailure(twice.flow.erased, "because it has already been written to.")
    let array = try pair()
    let first = try array.read(0)
    let second = try graph.withControlDependencies(on: [first.operation]) {
      () throws(StatusError) in
      try array.read(0)
    }
    ops.expectFailure(second.erased, "twice because it was cleared after a previous read")
    let kept = try pair(clearsAfterRead: false)
    let read = try kept.read(0)
    let again = try graph.withControlDependencies(on: [read.operation]) { () throws(StatusError) in
      try kept.read(0)
    }
    #expect(try ops.run(again.erased) == [1, 2])
    let late = try graph.withControlDependencies(on: [read.operation]) { () throws(StatusError) in
      try kept.writing(graph.constant([7 as Float, 8]), at: 0)
    }
    ops.expectFailure(late.flow.erased, "because it has already been read.")
  }

  // RES-005
  @Test func `a dynamic array grows with its writes`() throws {
    let array = try TensorArray<Float>(graph, size: 0, isDynamic: true)
      .writing(graph.constant(Float(1)), at: 5)
    #expect(try ops.run(array.size().erased, as: Int32.self).scalar == 6)
    let fixed = try TensorArray<Float>(graph, size: 1).writing(graph.constant(Float(1)), at: 1)
    ops.expectFailure(
      fixed.flow.erased, "Tried to write to index 1 but array is not resizeable and size is: 1")
    ops.expectFailure(
      try array.writing(graph.constant(Float(1)), at: -1).flow.erased, "write to index -1")
  }

  @Test func `elements of another shape are refused when all must agree`() throws {
    let input = try ops.hidden([1, 2, 3])
    let value = try ops.op("Cast", [input], ["DstT": .type(.float)]).output(0)
    let array = try pair()
    let wrong = try TensorArray<Float>(graph, size: 3)
      .writing(vector(1, 2), at: 0).writing(Output(value), at: 1)
    ops.expectFailure(
      wrong.flow.erased, "the value shape is [3] which is incompatible with the TensorArray's")
    #expect(throws: StatusError.self) { try array.writing(vector(1), at: 0) }
    let free = try TensorArray<Float>(graph, size: 2, infersShape: false)
      .writing(vector(1, 2), at: 0).writing(vector(1), at: 1)
    ops.expectFailure(
      try free.stacked().erased, "inconsistent shapes.  Index 0 has shape: [2] but index 1")
    #expect(try ops.run(free.concatenated().erased) == [1, 2, 1])
  }

  @Test func `what was never written is zero if the shape is known`() throws {
    let array = try TensorArray<Float>(graph, size: 3, elementShape: [2])
      .writing(vector(1, 2), at: 1)
    #expect(try ops.run(array.stacked().erased) == [0, 0, 1, 2, 0, 0])
    let unknown = try TensorArray<Float>(graph, size: 1)
    ops.expectFailure(try unknown.read(0).erased, "the element shape is not fully defined")
    ops.expectFailure(try unknown.read(1).erased, "Tried to read from index 1 but array size is: 1")
  }

  @Test func `an empty array stacks to no rows of a known shape only`() throws {
    let known = try TensorArray<Float>(graph, size: 0, elementShape: [2])
    #expect(try ops.run(known.stacked().erased, as: Float.self).shape.sizes == [0, 2])
    let unknown = try TensorArray<Float>(graph, size: 0)
    ops.expectFailure(try unknown.stacked().erased, "has size zero", code: .unimplemented)
    ops.expectFailure(try unknown.concatenated().erased, "has size zero", code: .unimplemented)
  }

  @Test func `a closed array is of no use`() throws {
    let array = try pair()
    let close = try graph.withControlDependencies(on: [array.flow.operation]) {
      () throws(StatusError) in try array.close()
    }
    let size = try graph.withControlDependencies(on: [close]) { () throws(StatusError) in
      try array.size()
    }
    ops.expectFailure(size.erased, "has already been closed.")
  }

  @Test func `sizes and dtypes that do not fit are refused`() throws {
    let negative = try ops.op("TensorArrayV3", [ops.hidden([-1], [])], ["dtype": .type(.float)])
    ops.expectFailure(negative.output(1), "Size should be >= 0.")
    let array = try pair()
    let read = try ops.op(
      "TensorArrayReadV3", [array.handle, ops.int(0), array.flow.erased], ["dtype": .type(.int32)])
    ops.expectFailure(read.output(0), "TensorArray dtype is float but Op requested dtype int32.")
    let write = try ops.op(
      "TensorArrayWriteV3", [array.handle, ops.int(0), ops.int(1), array.flow.erased])
    ops.expectFailure(write.output(0), "but Op is trying to write dtype int32.")
  }

  @Test func `a huge array costs nothing until it is written`() throws {
    let array = try TensorArray<Float>(graph, size: Int(Int32.max))
      .writing(graph.constant(Float(3)), at: Int(Int32.max) - 1)
    #expect(try ops.run(array.read(Int(Int32.max) - 1).erased) == [3])
  }

  /// The generations before, whose handles are names.
  @Test(arguments: ["", "V2"])
  func `arrays of older generations do the same`(_ suffix: String) throws {
    // Graphs of today refuse them.
    try graph.importDefinition(GraphDefinition(versions: .init(producer: 15)))
    let handle = try ops.op(
      "TensorArray" + suffix, [ops.int(2)], ["dtype": .type(.float), "dynamic_size": true]
    ).output(0)
    let flow = try ops.float(0)
    let write = try ops.op("TensorArrayWrite" + suffix, [handle, ops.int(2), ops.float(7), flow])
    let read = try ops.op(
      "TensorArrayRead" + suffix, [handle, ops.int(2), write.output(0)], ["dtype": .type(.float)])
    #expect(try ops.run(read.output(0)) == [7])
    let size = try ops.op("TensorArraySize" + suffix, [handle, write.output(0)])
    #expect(try ops.run(size.output(0), as: Int32.self).scalar == 3)
    let scatter = try ops.op(
      "TensorArrayScatter" + suffix,
      [handle, ops.ints([0, 1]), ops.floats([5, 6]), write.output(0)])
    let gather = try ops.op(
      "TensorArrayGather" + suffix, [handle, ops.ints([2, 0]), scatter.output(0)],
      ["dtype": .type(.float)])
    #expect(try ops.run(gather.output(0)) == [7, 5])
  }

  @Test func `the first generation packs and unpacks whole arrays`() throws {
    try graph.importDefinition(GraphDefinition(versions: .init(producer: 15)))
    let handle = try ops.op("TensorArray", [ops.int(3)], ["dtype": .type(.float)]).output(0)
    let rows = try ops.floats([1, 2, 3])
    let unpack = try ops.op("TensorArrayUnpack", [handle, rows, ops.float(0)])
    let pack = try ops.op("TensorArrayPack", [handle, unpack.output(0)], ["dtype": .type(.float)])
    #expect(try ops.run(pack.output(0)) == [1, 2, 3])
    let short = try ops.op("TensorArrayUnpack", [handle, ops.floats([1]), ops.float(0)])
    ops.expectFailure(short.output(0), "first dimension equal to the array size (1 vs. 3)")
  }
}
