import Testing
import Weirloom

/// What graphs may ask for without ending the process.
@Suite struct ListLimitTests {
  private let ops = OpGraph(producer: 8)

  /// Lists in lists, `depth` deep.
  private func nested(_ depth: Int) throws -> AnyOutput {
    var list = try ops.emptyList(shape: [])
    for _ in 1..<depth {
      let outer = try ops.op(
        "EmptyTensorList", [ops.hidden([-1], []), ops.int(-1)], ["element_dtype": .type(.variant)]
      ).output(0)
      list = try ops.push(outer, list)
    }
    return list
  }

  @Test func `lists nest, but not so deep that letting go of them ends the process`() throws {
    #expect(try ops.run(ops.length(nested(100)), as: Int32.self).scalar == 1)
    ops.expectFailure(try ops.length(nested(600)), "Variants are nested too deeply")
  }

  @Test func `maps nest only as deep`() throws {
    var map = try ops.op("EmptyTensorMap").output(0)
    for _ in 0..<600 {
      let outer = try ops.op("EmptyTensorMap").output(0)
      map = try ops.op("TensorMapInsert", [outer, ops.int(0), map]).output(0)
    }
    ops.expectFailure(try ops.op("TensorMapSize", [map]).output(0), "nested too deeply")
  }

  /// A tensor of very many rows without elements, which takes no memory.
  private func emptyRows() throws -> AnyOutput {
    try ops.op("Fill", [ops.ints([1 << 30, 0]), ops.float(0)]).output(0)
  }

  @Test func `rows without elements do not make lists of any length`() throws {
    let rows = try emptyRows()
    let list = try ops.op("TensorListFromTensor", [rows, ops.ints([0])]).output(0)
    ops.expectFailure(try ops.length(list), "OOM", code: .resourceExhausted)
    let array = try ops.op("TensorArray", [ops.int(1 << 30)], ["dtype": .type(.float)]).output(0)
    let unpack = try ops.op("TensorArrayUnpack", [array, rows, ops.float(0)])
    ops.expectFailure(unpack.output(0), "OOM", code: .resourceExhausted)
  }

  @Test func `unset elements are not joined without end`() throws {
    let list = try ops.reserved(Int(Int32.max), shape: [0])
    ops.expectFailure(try ops.concat(list).output(0), "OOM", code: .resourceExhausted)
    #expect(
      try ops.run(ops.stack(list), as: Float.self).shape.sizes == [Int(Int32.max), 0])
    let array = try TensorArray<Float>(ops.graph, size: Int(Int32.max), elementShape: [0])
    ops.expectFailure(try array.concatenated().erased, "OOM", code: .resourceExhausted)
  }
}
