import Foundation
import Testing
import Weirloom

@Suite struct LookupTableTests {
  // RES-009
  @Test func `a filled table gives values, and the default for other keys`() throws {
    let graph = Graph()
    let table = try graph.lookupTable(
      keys: ["emerson", "lake", "palmer"] as [ByteString], values: [0, 1, 2] as [Int64])
    let keys = try graph.constant(
      ["lake", "x", "palmer", "y"] as [ByteString], shape: [2, 2])
    let found = try table.find(keys, default: -1)
    let count = try table.count()
    let session = try Session(graph: graph)
    #expect(try session.run(count).scalar == 0)
    try session.run(graph.tablesInitializer)
    let values = try session.run(found)
    #expect(values.scalars == [1, -1, 2, -1])
    #expect(values.shape.sizes == [2, 2])
    #expect(try session.run(count).scalar == 3)
  }

  // RES-010
  @Test func `a table that was not filled cannot be read`() throws {
    let graph = Graph()
    let table = try graph.lookupTable(keys: ["a"] as [ByteString], values: [1] as [Float])
    let found = try table.find(graph.constant("a" as ByteString), default: 0)
    let exported = try table.export()
    let session = try Session(graph: graph)
    expectStatus(.failedPrecondition, "Table not initialized.") { try session.run(found) }
    expectStatus(.aborted, "not initialized") { try session.run(exported.keys) }
  }

  // RES-011
  @Test func `a key may stand twice only with one value`() throws {
    let graph = Graph()
    let differing = try graph.lookupTable(
      keys: ["x", "y", "x"] as [ByteString], values: [1, 2, 3] as [Int32])
    let equal = try graph.lookupTable(
      keys: [7, 8, 7] as [Int64], values: ["a", "b", "a"] as [ByteString])
    let session = try Session(graph: graph)
    expectStatus(
      .failedPrecondition,
      "HashTable has different value for same key. Key x has 1 and trying to add value 3"
    ) { try session.run(try #require(differing.initializer)) }
    try session.run(try #require(equal.initializer))
    #expect(try session.run(equal.count()).scalar == 2)
  }

  @Test func `filling a table again works only with as many entries`() throws {
    let graph = Graph()
    let table = try graph.lookupTable(keys: [1, 2] as [Int64], values: [1, 2] as [Float])
    let more = try graph.addOperation(
      "InitializeTableV2",
      inputs: [
        table.handle, graph.constant([1, 2, 3] as [Int64]).erased,
        graph.constant([1, 2, 3] as [Float]).erased,
      ])
    let session = try Session(graph: graph)
    try session.run(try #require(table.initializer))
    try session.run(try #require(table.initializer))
    expectStatus(.failedPrecondition, "already initialized with different data") {
      try session.run(more)
    }
  }

  // RES-012
  @Test func `a mutable table takes, changes and forgets entries`() throws {
    let graph = Graph()
    let table = try graph.mutableLookupTable(ByteString.self, Int64.self)
    let keys = try graph.placeholder(ByteString.self, shape: [nil])
    let values = try graph.placeholder(Int64.self, shape: [nil])
    let insert = try table.insert(keys, values)
    let remove = try table.remove(keys)
    let found = try table.find(keys, default: -1)
    let count = try table.count()
    let exported = try table.export()
    let session = try Session(graph: graph)
    try session.run(
      insert, feeding: keys.feed(Tensor(["a", "b", "c"])), values.feed(Tensor([1, 2, 3])))
    try session.run(insert, feeding: keys.feed(Tensor(["b"])), values.feed(Tensor([20])))
    #expect(try session.run(count).scalar == 3)
    try session.run(remove, feeding: keys.feed(Tensor(["a", "none"])))
    #expect(try session.run(count).scalar == 2)
    #expect(
      try session.run(found, feeding: keys.feed(Tensor(["a", "b", "c"]))).scalars == [-1, 20, 3])
    let (allKeys, allValues) = try session.run(exported.keys, exported.values)
    #expect(allKeys.scalars == ["c", "b"])
    #expect(allValues.scalars == [3, 20])
  }

  @Test func `keys come out in the order of a growing hash table`() throws {
    let graph = Graph()
    let table = try graph.mutableLookupTable(Int64.self, Int64.self)
    let keys = try graph.placeholder(Int64.self, shape: [nil])
    let insert = try table.insert(keys, keys)
    let remove = try table.remove(keys)
    let exported = try table.export().keys
    let session = try Session(graph: graph)
    try session.run(insert, feeding: keys.feed(Tensor(Array(0..<3))))
    #expect(try session.run(exported).scalars == [2, 1, 0])
    try session.run(insert, feeding: keys.feed(Tensor(Array(3..<30))))
    #expect(
      try session.run(exported).scalars
        == [29] + (0...12).reversed() + Array(13..<29))
    try session.run(remove, feeding: keys.feed(Tensor([3, 5])))
    try session.run(insert, feeding: keys.feed(Tensor([3, 500, -7])))
    #expect(
      try session.run(exported).scalars
        == [-7, 3, 29, 12, 11, 10, 9, 8, 7, 6, 4, 2, 1, 0] + Array(13..<28) + [500, 28])
  }

  @Test func `shared names lead to one table, other dtypes are refused`() throws {
    let graph = Graph()
    let one = try graph.mutableLookupTable(Int64.self, Float.self, sharedName: "t", name: "one")
    let two = try graph.mutableLookupTable(Int64.self, Float.self, sharedName: "t", name: "two")
    let other = try graph.mutableLookupTable(Int64.self, Double.self, sharedName: "t")
    let alone = try graph.mutableLookupTable(Int64.self, Float.self)
    let session = try Session(graph: graph)
    try session.run(one.insert(graph.constant([1] as [Int64]), graph.constant([1] as [Float])))
    #expect(try session.run(two.count()).scalar == 1)
    #expect(try session.run(alone.count()).scalar == 0)
    expectStatus(.invalidArgument, "Conflicting key/value dtypes") {
      try session.run(other.count())
    }
  }

  @Test func `a table of the first generation is found by container and name`() throws {
    let graph = Graph()
    let attributes: [String: AttributeValue] = [
      "key_dtype": .type(.string), "value_dtype": .type(.int64), "shared_name": "old",
    ]
    let handle = try graph.addOperation("HashTable", attributes: attributes).output(0)
    let keys = try graph.constant(["a", "b"] as [ByteString])
    let initializer = try graph.addOperation(
      "InitializeTable",
      inputs: [handle, keys.erased, graph.constant([5, 6] as [Int64]).erased])
    let found = try graph.addOperation(
      "LookupTableFind",
      inputs: [handle, keys.erased, graph.constant(Int64(-1)).erased]
    ).output(0)
    let newer = try graph.addOperation("HashTableV2", attributes: attributes).output(0)
    let size = try graph.addOperation("LookupTableSizeV2", inputs: [newer]).output(0)
    let session = try Session(graph: graph)
    #expect(
      try session.run([handle.name])[0]?.scalars(of: ByteString.self) == ["localhost", "old"])
    try session.run(initializer)
    #expect(try session.run([found.name])[0]?.scalars(of: Int64.self) == [5, 6])
    #expect(try session.run([size.name])[0]?.scalars(of: Int64.self) == [2])
  }

  @Test func `values may be vectors, and each key may have a default of its own`() throws {
    let graph = Graph()
    let handle = try graph.addOperation(
      "MutableHashTableOfTensorsV2",
      attributes: [
        "key_dtype": .type(.int64), "value_dtype": .type(.float), "value_shape": .shape([2]),
      ]
    ).output(0)
    let table = try LookupTableOutput<Int64, Float>(handle: handle)
    let keys = try graph.constant([1, 2] as [Int64])
    let insert = try table.insert(keys, graph.constant([1, 2, 3, 4] as [Float], shape: [2, 2]))
    let wanted = try graph.constant([2, 9] as [Int64])
    let shared = try table.find(wanted, default: graph.constant([-1, -2] as [Float]))
    let single = try table.find(
      wanted, default: graph.constant([-1, -2, -3, -4] as [Float], shape: [2, 2]))
    let session = try Session(graph: graph)
    try session.run(insert)
    #expect(shared.shape.sizes == [2, 2])
    #expect(try session.run(shared).scalars == [3, 4, -1, -2])
    #expect(try session.run(single).scalars == [3, 4, -3, -4])
    expectStatus(.invalidArgument, "for default value") {
      try session.run(table.find(wanted, default: 0))
    }
  }

  @Test func `a table of buckets marks what was removed`() throws {
    let graph = Graph()
    let handle = try graph.addOperation(
      "MutableDenseHashTableV2",
      inputs: [graph.constant(Int64(0)).erased, graph.constant(Int64(-1)).erased],
      attributes: ["value_dtype": .type(.int64), "initial_num_buckets": 8]
    ).output(0)
    let table = try LookupTableOutput<Int64, Int64>(handle: handle)
    let keys = try graph.placeholder(Int64.self, shape: .unknown)
    let insert = try table.insert(keys, keys)
    let remove = try table.remove(keys)
    let found = try table.find(keys, default: -5)
    let (allKeys, _) = try table.export()
    let session = try Session(graph: graph)
    try session.run(insert, feeding: keys.feed(Tensor([1, 9, 3, 17])))
    try session.run(remove, feeding: keys.feed(Tensor([9])))
    #expect(try session.run(allKeys).scalars == [0, 1, -1, 3, 17, 0, 0, 0])
    #expect(try session.run(found, feeding: keys.feed(Tensor([17, 9]))).scalars == [17, -5])
    try session.run(insert, feeding: keys.feed(Tensor([33, 41, 5, 6])))
    #expect(
      try session.run(allKeys).scalars == [0, 1, 17, 3, 33, 5, 6, 0, 0, 41, 0, 0, 0, 0, 0, 0])
    for reserved in [0, -1] as [Int64] {
      expectStatus(.invalidArgument, "as a table key is not allowed") {
        try session.run(insert, feeding: keys.feed(Tensor([reserved])))
      }
    }
  }
}
