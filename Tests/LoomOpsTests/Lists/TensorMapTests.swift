import Testing
import Weirloom

@Suite struct TensorMapTests {
  private let ops = OpGraph()

  private func insert(
    _ map: AnyOutput, _ key: AnyOutput, _ value: AnyOutput
  ) throws -> AnyOutput {
    try ops.op("TensorMapInsert", [map, key, value]).output(0)
  }

  private func lookup(_ map: AnyOutput, _ key: AnyOutput) throws -> AnyOutput {
    try ops.op("TensorMapLookup", [map, key], ["value_dtype": .type(.float)]).output(0)
  }

  private func size(_ map: AnyOutput) throws -> AnyOutput {
    try ops.op("TensorMapSize", [map]).output(0)
  }

  private func pair() throws -> AnyOutput {
    let empty = try ops.op("EmptyTensorMap").output(0)
    return try insert(
      insert(empty, ops.int(1), ops.floats([1, 2])), ops.ints([1]), ops.floats([3]))
  }

  @Test func `keys are tensors, and equal if shape and elements are`() throws {
    let map = try pair()
    #expect(try ops.run(lookup(map, ops.int(1))) == [1, 2])
    #expect(try ops.run(lookup(map, ops.ints([1]))) == [3])
    #expect(try ops.run(size(map), as: Int32.self).scalar == 2)
    let replaced = try insert(map, ops.int(1), ops.float(9))
    #expect(try ops.run(lookup(replaced, ops.int(1))) == [9])
    #expect(try ops.run(lookup(map, ops.int(1))) == [1, 2])
    ops.expectFailure(try lookup(map, ops.int(2)), "Trying to lookup non-existent key.")
  }

  @Test func `keys are erased and asked for`() throws {
    let erased = try ops.op(
      "TensorMapErase", [pair(), ops.int(1)], ["value_dtype": .type(.float)]
    ).output(0)
    let has = try ops.op("TensorMapHasKey", [erased, ops.int(1)]).output(0)
    #expect(try ops.run(has, as: Bool.self).scalar == false)
    #expect(try ops.run(size(erased), as: Int32.self).scalar == 1)
    let keys = try ops.op("TensorMapStackKeys", [erased], ["key_dtype": .type(.int32)]).output(0)
    #expect(try ops.run(keys, as: Int32.self).scalars == [1])
    let again = try ops.op(
      "TensorMapErase", [erased, ops.int(1)], ["value_dtype": .type(.float)])
    ops.expectFailure(try size(again.output(0)), "Trying to erase non-existent item.")
    let mixed = try ops.op("TensorMapStackKeys", [pair()], ["key_dtype": .type(.int32)]).output(0)
    ops.expectFailure(mixed, "Keys must all have the same shape.")
  }

  @Test func `maps add key by key, and a missing one is zero`() throws {
    let other = try insert(ops.op("EmptyTensorMap").output(0), ops.int(1), ops.floats([10, 20]))
    let sum = try ops.op("AddN", [pair(), other]).output(0)
    #expect(try ops.run(lookup(sum, ops.int(1))) == [11, 22])
    #expect(try ops.run(lookup(sum, ops.ints([1]))) == [3])
    let zeros = try ops.op("ZerosLike", [sum]).output(0)
    #expect(try ops.run(size(zeros), as: Int32.self).scalar == 0)
  }

  @Test func `gradients flow through the entries of a map`() throws {
    let (x, y) = (try ops.floats([1, 2]), try ops.floats([3, 4]))
    let empty = try ops.op("EmptyTensorMap").output(0)
    let map = try insert(insert(empty, ops.int(1), x), ops.int(2), y)
    let found = try lookup(map, ops.int(1))
    let gradients = try gradients(
      of: [found], withRespectTo: [x, y], upstream: [ops.floats([5, 6])])
    var values: [[Float]] = []
    for case .dense(let gradient)? in gradients { values.append(try ops.run(gradient)) }
    #expect(values == [[5, 6], [0, 0]])
  }
}
