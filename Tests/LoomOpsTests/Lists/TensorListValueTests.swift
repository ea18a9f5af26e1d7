import Testing
import Weirloom

/// The list as a Swift value.
@Suite struct TensorListValueTests {
  private let element = TensorList.ElementType(dtype: .float, shape: [])

  private func scalar(_ value: Float) throws -> AnyTensor { try AnyTensor(scalar: value) }

  private func values(_ list: TensorList) throws -> [Float?] {
    try (0..<list.count).map { try list[$0]?.element(0, of: Float.self) }
  }

  @Test func `changing a copy leaves the other as it was`() throws {
    var list = try TensorList(element, [try scalar(1), nil, try scalar(3)])
    let copy = list
    try list.set(1, to: scalar(2))
    #expect(list.removeLast() != nil)
    #expect(try values(list) == [1, 2])
    #expect(try values(copy) == [1, nil, 3])
  }

  /// Every order of setting a few elements, against an array.
  @Test func `elements may be set in any order`() throws {
    var generator = Numbers(seed: 5)
    for _ in 0..<200 {
      let count = Int(generator.next(below: 12)) + 1
      var list = TensorList(element, count: count)
      var model = [Float?](repeating: nil, count: count)
      for step in 0..<20 {
        switch generator.next(below: 6) {
        case 0:
          try list.append(scalar(Float(step)))
          model.append(Float(step))
        case 1:
          let removed = try list.removeLast()?.element(0, of: Float.self)
          #expect(removed == (model.popLast() ?? nil))
        case 2:
          let size = Int(generator.next(below: 15))
          list.resize(to: size)
          model = (0..<size).map { $0 < model.count ? model[$0] : nil }
        default:
          guard !model.isEmpty else { continue }
          let index = Int(generator.next(below: UInt64(model.count)))
          try list.set(index, to: scalar(Float(step)))
          model[index] = Float(step)
        }
        #expect(try values(list) == model)
      }
    }
  }

  @Test func `a list survives being encoded`() throws {
    let shape: PartialShape = [2, nil]
    let element = TensorList.ElementType(dtype: .float, shape: shape, limit: 9)
    let tensor = try AnyTensor([1 as Float, 2], shape: Shape([2, 1]))
    let list = try TensorList(element, [nil, tensor, nil])
    let message = try list.encoded()
    #expect(message.typeName == "tensorflow::TensorList")
    // Two unset elements, 0 and 2; float; limit 9; a shape of 2 and unknown.
    #expect(
      message.metadata == [
        2, 0, 2, 1, 9, 0x12, 2, 8, 2, 0x12, 11, 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1,
      ])
    let graph = OpGraph()
    let encoded = try graph.graph.constant(AnyTensor(scalar: Variant(message)))
    let item = try graph.get(encoded, 1)
    #expect(try graph.run(item) == [1, 2])
    let described = try graph.op(
      "TensorListElementShape", [encoded], ["shape_type": .type(.int32)])
    #expect(try graph.run(described.output(0), as: Int32.self).scalars == [2, -1])
  }

  @Test func `malformed messages are refused`() throws {
    let whole = try TensorList(element, [nil, scalar(1)]).encoded()
    let graph = OpGraph()
    for length in 0..<whole.metadata.count {
      var cut = whole
      cut.metadata = Array(whole.metadata.prefix(length))
      // A shape that is not there is that of a scalar: as TensorFlow reads it.
      if length == 4 { continue }
      let list = try graph.graph.constant(AnyTensor(scalar: Variant(cut)))
      graph.expectFailure(try graph.length(list), "malformed")
    }
  }
}

/// Repeatable numbers (an xorshift generator).
struct Numbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next(below limit: UInt64) -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state % limit
  }
}
