import Testing
import Weirloom

@Suite struct StackTests {
  private let ops = OpGraph(producer: 8)

  private func stack(_ generation: String, limit: Int = -1) throws -> AnyOutput {
    try ops.op(
      "Stack" + generation, generation.isEmpty ? [] : [ops.int(limit)],
      ["elem_type": .type(.float)]
    ).output(0)
  }

  // RES-002
  @Test(arguments: ["", "V2"])
  func `what was pushed last is popped first, in every step anew`(_ generation: String) throws {
    let stack = try stack(generation)
    let first = try ops.op("StackPush" + generation, [stack, ops.float(1)])
    let second = try ops.op("StackPush" + generation, [stack, ops.float(2)], after: [first])
    let attributes: [String: AttributeValue] = ["elem_type": .type(.float)]
    let top = try ops.op("StackPop" + generation, [stack], attributes, after: [second])
    let bottom = try ops.op("StackPop" + generation, [stack], attributes, after: [top])
    let session = try Session(graph: ops.graph)
    for _ in 0..<2 {
      let values = try session.run([top.output(0), bottom.output(0), second.output(0)])
      #expect(try values.map { try $0.scalars(of: Float.self) } == [[2], [1], [2]])
    }
  }

  @Test(arguments: ["", "V2"])
  func `popping an empty or closed stack fails`(_ generation: String) throws {
    let attributes: [String: AttributeValue] = ["elem_type": .type(.float)]
    let empty = try ops.op("StackPop" + generation, [stack(generation)], attributes)
    ops.expectFailure(empty.output(0), "is empty when calling Pop()")
    let closed = try stack(generation)
    let push = try ops.op("StackPush" + generation, [closed, ops.float(1)])
    let close = try ops.op("StackClose" + generation, [closed], after: [push])
    let pop = try ops.op("StackPop" + generation, [closed], attributes, after: [close])
    ops.expectFailure(pop.output(0), "has already been closed")
  }

  // RES-020
  @Test func `pushing more than the stack may hold fails`() throws {
    let stack = try stack("V2", limit: 1)
    let first = try ops.op("StackPushV2", [stack, ops.float(1)])
    let second = try ops.op("StackPushV2", [stack, ops.float(2)], after: [first])
    ops.expectFailure(second.output(0), "overflowed its max_size (1)")
  }

  @Test func `pushing another dtype fails`() throws {
    let push = try ops.op("StackPushV2", [stack("V2"), ops.int(1)])
    ops.expectFailure(push.output(0), "Must have type float but got int32")
  }

  @Test func `a handle of something else is refused`() throws {
    let array = try ops.op("TensorArrayV3", [ops.int(1)], ["dtype": .type(.float)])
    let push = try ops.op("StackPushV2", [array.output(0), ops.float(1)])
    ops.expectFailure(push.output(0), "as a Stack, but it is TensorArray[1]")
    let pair = try ops.graph.constant(["_stacks" as ByteString, "none_0"])
    let size = try ops.op("TensorArraySizeV2", [pair.erased, ops.float(0)])
    ops.expectFailure(size.output(0), "_stacksnone_0", code: .notFound)
  }
}
