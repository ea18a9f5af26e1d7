import Testing
import Weirloom

@Suite struct TensorListTests {
  private let ops = OpGraph()

  /// A list of two vectors.
  private func pair() throws -> AnyOutput {
    try ops.push(ops.push(ops.emptyList(), ops.floats([1, 2])), ops.floats([3, 4]))
  }

  // RES-019
  @Test func `elements are pushed, popped, replaced and stacked`() throws {
    let list = try pair()
    #expect(try ops.run(ops.stack(list)) == [1, 2, 3, 4])
    let (rest, last) = try ops.pop(list)
    #expect(try ops.run(last) == [3, 4])
    #expect(try ops.run(ops.stack(rest)) == [1, 2])
    let replaced = try ops.set(list, 0, ops.floats([9, 9]))
    #expect(try ops.run(ops.stack(replaced)) == [9, 9, 3, 4])
    // The list that was changed is still what it was.
    #expect(try ops.run(ops.stack(list)) == [1, 2, 3, 4])
    #expect(try ops.run(ops.length(list), as: Int32.self).scalar == 2)
  }

  @Test func `lists that are read side by side do not change each other`() throws {
    let list = try pair()
    let sources = try (0..<4).map { try ops.set(list, $0 % 2, ops.floats([Float($0), 0])) }
    let session = try Session(graph: ops.graph)
    let values = try session.run(sources.map { try ops.stack($0) } + [ops.stack(list)])
    #expect(
      try values.map { try $0.scalars(of: Float.self) } == [
        [0, 0, 3, 4], [1, 2, 1, 0], [2, 0, 3, 4], [1, 2, 3, 0], [1, 2, 3, 4],
      ])
  }

  @Test func `unset elements are zeros of a shape known from elsewhere`() throws {
    let list = try ops.set(ops.reserved(3), 1, ops.floats([1, 2]))
    #expect(try ops.run(ops.stack(list)) == [0, 0, 1, 2, 0, 0])
    #expect(try ops.run(ops.get(list, 2)) == [0, 0])
    #expect(try ops.run(ops.get(ops.reserved(2, shape: [2]), 0)) == [0, 0])
    #expect(try ops.run(ops.pop(ops.reserved(1), shape: [3]).tensor) == [0, 0, 0])
    ops.expectFailure(try ops.get(ops.reserved(1), 0), "element_shape is not fully defined")
    ops.expectFailure(try ops.stack(ops.reserved(2)), "only contains uninitialized tensors")
    ops.expectFailure(try ops.stack(ops.emptyList()), "Tried to stack elements of an empty list")
    #expect(
      try ops.run(ops.stack(ops.emptyList(), shape: [2]), as: Float.self).shape.sizes == [0, 2])
  }

  @Test func `a list of two thousand million unset elements costs nothing`() throws {
    let list = try ops.reserved(Int(Int32.max), shape: [])
    let changed = try ops.set(list, Int(Int32.max) - 1, ops.float(7))
    #expect(try ops.run(ops.get(changed, Int(Int32.max) - 1)) == [7])
    ops.expectFailure(
      try ops.length(ops.set(changed, 0, ops.float(1))), "OOM", code: .resourceExhausted)
  }

  @Test func `indices outside of a list are refused`() throws {
    let list = try ops.reserved(3, shape: [])
    for index in [-1, 3] {
      ops.expectFailure(
        try ops.get(list, index), "Trying to access element \(index) in a list with 3 elements.")
      ops.expectFailure(
        try ops.length(ops.set(list, index, ops.float(1))),
        "Trying to modify element \(index) in a list with 3 elements.")
    }
    let extended = try ops.set(list, 4, ops.float(5), resizing: true)
    #expect(try ops.run(ops.stack(extended)) == [0, 0, 0, 0, 5])
    ops.expectFailure(
      try ops.length(ops.set(list, -1, ops.float(1), resizing: true)), "Trying to modify element -1"
    )
  }

  @Test func `elements that do not fit are refused`() throws {
    ops.expectFailure(
      try ops.length(ops.push(ops.emptyList(shape: [2]), ops.floats([1]))),
      "Tried to append a tensor with incompatible shape to a list. Op element shape: [1]")
    ops.expectFailure(
      try ops.length(ops.push(ops.push(ops.emptyList(limit: 1), ops.float(1)), ops.float(2))),
      "Tried to push item into a full list list size: 1 max_num_elements: 1")
    ops.expectFailure(try ops.pop(ops.emptyList()).tensor, "Trying to pop from an empty list.")
    ops.expectFailure(
      try ops.stack(ops.push(ops.push(ops.emptyList(), ops.floats([1])), ops.floats([1, 2]))),
      "Incompatible shapes during merge: [1] vs. [2]")
    ops.expectFailure(try ops.stack(pair(), count: 3), "expected a list with 3 elements but got")
    ops.expectFailure(try ops.length(ops.reserved(-2)), "must be a non negative number, but got -2")
  }

  @Test func `a tensor becomes a list of its rows and back`() throws {
    let rows = try ops.floats([1, 2, 3, 4, 5, 6], [3, 2])
    let list = try ops.op("TensorListFromTensor", [rows, ops.ints([2])]).output(0)
    #expect(try ops.run(ops.get(list, 1)) == [3, 4])
    #expect(try ops.run(ops.stack(list)) == [1, 2, 3, 4, 5, 6])
    #expect(list.handle == [.init(dtype: .float, shape: [2])])
    let some = try ops.op(
      "TensorListGather", [list, ops.ints([2, 0, 2]), ops.ints([2])],
      ["element_dtype": .type(.float)]
    ).output(0)
    #expect(some.shape == [3, 2])
    #expect(try ops.run(some) == [5, 6, 1, 2, 5, 6])
    let outside = try ops.op(
      "TensorListGather", [list, ops.ints([3]), ops.ints([2])], ["element_dtype": .type(.float)])
    ops.expectFailure(outside.output(0), "Index 3 out o range; list only has 3 elements.")
  }

  @Test func `rows are scattered into a list`() throws {
    let rows = try ops.floats([1, 2])
    let scattered = try ops.op(
      "TensorListScatterV2", [rows, ops.ints([3, 0]), ops.ints([]), ops.int(-1)]
    ).output(0)
    #expect(try ops.run(ops.stack(scattered)) == [2, 0, 0, 1])
    let existing = try ops.op(
      "TensorListScatterIntoExistingList", [scattered, rows, ops.ints([1, 5])]
    ).output(0)
    #expect(try ops.run(ops.stack(existing)) == [2, 1, 0, 1, 0, 2])
    let bounded = try ops.op(
      "TensorListScatterV2", [rows, ops.ints([3, 0]), ops.ints([]), ops.int(2)])
    ops.expectFailure(try ops.length(bounded.output(0)), "scatter at index 3 in list with size 2")
  }

  @Test func `elements of different lengths are concatenated and split again`() throws {
    let list = try ops.push(ops.push(ops.emptyList(), ops.floats([1])), ops.floats([2, 3]))
    let joined = try ops.concat(list)
    #expect(try ops.run(joined.output(0)) == [1, 2, 3])
    #expect(try ops.run(joined.output(1), as: Int64.self).scalars == [1, 2])
    let split = try ops.op(
      "TensorListSplit", [joined.output(0), ops.ints([-1]), joined.output(1)]
    ).output(0)
    #expect(try ops.run(ops.get(split, 1)) == [2, 3])
    let unset = try ops.set(ops.reserved(3), 1, ops.floats([1, 2]))
    #expect(try ops.run(ops.concat(unset).output(0)) == [0, 0, 1, 2, 0, 0])
    #expect(try ops.run(ops.concat(unset, leading: [1, 7, 0]).output(0)) == [0, 1, 2])
    ops.expectFailure(
      try ops.concat(ops.reserved(2, shape: [-1, 2])).output(0), "leading_dims has only 0 elements")
    ops.expectFailure(
      try ops.concat(ops.reserved(1, shape: [-1]), leading: [-1]).output(0), "must not be negative")
    ops.expectFailure(
      try ops.concat(ops.push(ops.emptyList(), ops.float(1))).output(0), "saw a scalar shape")
  }

  @Test func `lists add element by element, and an unset one is zero`() throws {
    let one = try ops.push(ops.reserved(1, shape: []), ops.float(1))
    let two = try ops.push(ops.push(ops.emptyList(shape: []), ops.float(3)), ops.float(2))
    let sum = try ops.op("AddN", [one, two]).output(0)
    #expect(try ops.run(ops.stack(sum)) == [3, 3])
    #expect(try ops.run(ops.stack(one)) == [0, 1])
    let zeros = try ops.op("ZerosLike", [two]).output(0)
    #expect(try ops.run(ops.stack(zeros)) == [0, 0])
    let other = try ops.emptyList()
    ops.expectFailure(
      try ops.length(ops.op("AddN", [one, other]).output(0)), "lists of tensors with different")
  }

  @Test func `lists are joined, one by one or in batches`() throws {
    let joined = try ops.op(
      "TensorListConcatLists", [pair(), pair()], ["element_dtype": .type(.float)])
    #expect(try ops.run(ops.stack(joined.output(0))) == [1, 2, 3, 4, 1, 2, 3, 4])
    let batch = try ops.op("Pack", [ops.emptyList(), ops.push(ops.emptyList(), ops.float(5))])
    let pushed = try ops.op("TensorListPushBackBatch", [batch.output(0), ops.floats([1, 2])])
    let second = try ops.op("Unpack", [pushed.output(0)], ["num": 2]).output(1)
    #expect(try ops.run(ops.stack(second)) == [5, 2])
  }

  @Test func `a shape is what it was made with`() throws {
    let list = try ops.emptyList(shape: [2, -1])
    let shape = try ops.op("TensorListElementShape", [list], ["shape_type": .type(.int64)])
    #expect(try ops.run(shape.output(0), as: Int64.self).scalars == [2, -1])
    let unknown = try ops.op(
      "TensorListElementShape", [ops.emptyList()], ["shape_type": .type(.int32)])
    let tensor = try ops.run(unknown.output(0), as: Int32.self)
    #expect(tensor.shape.isScalar && tensor.scalar == -1)
    ops.expectFailure(try ops.length(ops.emptyList(shape: [-2])), "Dimension -2 must be >= -1")
  }

  @Test func `what is no list is refused`() throws {
    let map = try ops.op("EmptyTensorMap").output(0)
    ops.expectFailure(
      try ops.length(map), "Input handle is not a list. Saw: 'tensorflow::TensorMap'")
  }
}
