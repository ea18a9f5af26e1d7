import Testing
import Weirloom

/// Composite tensors as variants, and resources that are nothing but there.
@Suite struct CompositeTensorTests {
  private let ops = OpGraph()
  /// `CompositeTensorVariantMetadata` with a class of 3, ragged, and of 1, sparse.
  private static let ragged = AttributeValue.string(ByteString([0x0A, 2, 8, 3]))
  private static let sparse = AttributeValue.string(ByteString([0x0A, 2, 8, 1]))

  private func packed(_ parts: [AnyOutput]) throws -> AnyOutput {
    try ops.op(
      "CompositeTensorVariantFromComponents", parts,
      ["metadata": Self.ragged, "Tcomponents": .types(parts.map(\.dtype))]
    ).output(0)
  }

  private func parts(
    _ variant: AnyOutput, _ types: [DType], metadata: AttributeValue = ragged
  ) throws -> [AnyOutput] {
    try ops.op(
      "CompositeTensorVariantToComponents", [variant],
      ["metadata": metadata, "Tcomponents": .types(types)]
    ).outputs
  }

  @Test func `components go through a variant, and so do gradients`() throws {
    let (x, y) = (try ops.floats([1, 2]), try ops.ints([0, 2]))
    let unpacked = try parts(packed([x, y]), [.float, .int32])
    let values = try Session(graph: ops.graph).run(unpacked)
    #expect(try values[0].scalars(of: Float.self) == [1, 2])
    #expect(try values[1].scalars(of: Int32.self) == [0, 2])
    let scaled = try ops.op("Mul", [unpacked[0], ops.float(3)]).output(0)
    let found = try gradients(of: [scaled], withRespectTo: [x])
    #expect(try ops.run(ops.graph.dense(#require(found[0]))) == [3, 3])
  }

  @Test func `components that are not as expected are refused`() throws {
    let variant = try packed([ops.floats([1, 2]), ops.ints([0, 2])])
    let types: [DType] = [.float, .int32]
    try ops.expectFailure(
      parts(variant, types, metadata: Self.sparse)[0], "contains another one")
    try ops.expectFailure(parts(variant, [.float])[0], "has 2 tensor components; expected 1")
    try ops.expectFailure(parts(variant, [.float, .int64])[0], "component 1 had dtype int32")
    try ops.expectFailure(parts(ops.emptyList(), types)[0], "not a valid CompositeTensorVariant")
    let damaged = AttributeValue.string(ByteString([0xFF, 0xFF]))
    try ops.expectFailure(parts(variant, types, metadata: damaged)[0], "Error parsing")
  }

  @Test func `a stub resource is there once it was made, and made once`() throws {
    let handle = try ops.op(
      "StubResourceHandleOp", [], ["container": "a", "shared_name": "b"]
    ).output(0)
    let make = try ops.op("ResourceCreateOp", [handle])
    let isThere = try ops.op("ResourceInitializedOp", [handle]).output(0)
    let use = try ops.op("ResourceUsingOp", [handle])
    let session = try Session(graph: ops.graph)
    let missing = #expect(throws: StatusError.self) { try session.run(use) }
    #expect(missing?.code == .notFound)
    #expect(try session.run(isThere).scalars(of: Bool.self) == [false])
    try session.run(make)
    #expect(try session.run(isThere).scalars(of: Bool.self) == [true])
    try session.run(use)
    let twice = #expect(throws: StatusError.self) { try session.run(make) }
    #expect(twice?.code == .alreadyExists)
  }
}
