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

  /// Keeps a handle in a queue, and expects an op that takes it out in a later step to fail.
  private func expectGone(
    _ handle: AnyOutput, _ use: (AnyOutput) throws -> Operation
  ) throws {
    let queue = try ops.op("FIFOQueueV2", [], ["component_types": .types([.resource])]).output(0)
    let keep = try ops.op(
      "QueueEnqueueV2", [queue, handle], ["Tcomponents": .types([.resource])])
    let kept = try ops.op("QueueDequeueV2", [queue], ["component_types": .types([.resource])])
    let late = try use(kept.output(0))
    let session = try Session(graph: ops.graph)
    try session.run(keep)
    do {
      try session.run(late)
      Issue.record("'\(late.type)' took a handle of an earlier step")
    } catch {
      #expect(error.code == .notFound, "\(error)")
      #expect(error.message.contains("Container __per_step_"), "\(error)")
    }
  }

  // RES-002: TensorFlow's code and gist.
  @Test func `the handle of an earlier step's stack is refused`() throws {
    let type: [String: AttributeValue] = ["elem_type": .type(.float)]
    let stack = try stack("V2")
    try expectGone(stack) { try ops.op("StackPopV2", [$0], type) }
    try expectGone(stack) { try ops.op("StackPushV2", [$0, ops.float(1)]) }
    try expectGone(stack) { try ops.op("StackCloseV2", [$0]) }
  }

  @Test func `the handle of an earlier step's TensorArray is refused`() throws {
    let type: [String: AttributeValue] = ["dtype": .type(.float)]
    let array = try ops.op("TensorArrayV3", [ops.int(2)], type).output(0)
    let flow = try ops.float(0)
    try expectGone(array) { try ops.op("TensorArraySizeV3", [$0, flow]) }
    try expectGone(array) { try ops.op("TensorArrayReadV3", [$0, ops.int(0), flow], type) }
    try expectGone(array) { try ops.op("TensorArrayWriteV3", [$0, ops.int(0), flow, flow]) }
    try expectGone(array) { try ops.op("TensorArrayGradV3", [$0, flow], ["source": "g"]) }
    try expectGone(array) { try ops.op("TensorArrayCloseV3", [$0]) }
  }
}
