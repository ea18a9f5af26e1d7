import Foundation
import Testing
import Weirloom

/// Datasets that are kept in a file.
@Suite struct FileCacheTests {
  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "weirloom-cache-\(UUID().uuidString)").path
  private var prefix: String { folder + "/kept" }

  private func inFolder(_ body: () throws -> Void) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body()
  }

  private var files: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  /// Numbers and their texts, cached; reads as many elements as there are, at most `limit`.
  private func read(
    _ numbers: Range<Int>, limit: Int = .max, prefix: String? = nil
  ) throws -> [(Int64, String)] {
    let graph = Graph()
    let source = try Dataset.range(numbers.lowerBound, numbers.upperBound, in: graph)
      .mapElements { components in
        [components[0], try asString(Output<Int64>(components[0])).erased]
      }
    let variant = try graph.addOperation(
      "CacheDataset",
      inputs: [
        source.variant, graph.constant(ByteString(prefix ?? self.prefix)).erased,
      ],
      attributes: [
        "output_types": .types(source.types), "output_shapes": .shapes(source.shapes),
      ]
    ).output(0)
    let cached = try Dataset(variant, types: source.types, shapes: source.shapes)
    let (iterator, initializer) = try cached.makeInitializableIterator()
    let next = try iterator.next(Int64.self, ByteString.self)
    let session = try Session(graph: graph)
    defer { session.close() }
    try session.run(initializer)
    var result: [(Int64, String)] = []
    while result.count < limit,
      let (number, text) = try untilEnd({ try session.run(next.0, next.1) })
    {
      result.append((number.scalar ?? -1, text.scalar?.string ?? ""))
    }
    return result
  }

  @Test func `what was read to the end is read from the file`() throws {
    try inFolder { () throws in
      let first = try read(0..<3)
      #expect(first.map(\.0) == [0, 1, 2] && first.map(\.1) == ["0", "1", "2"])
      #expect(files == ["kept.data-00000-of-00001", "kept.index"])
      // The numbers of another dataset do not count any more.
      let second = try read(100..<200)
      #expect(second.map(\.0) == [0, 1, 2] && second.map(\.1) == ["0", "1", "2"])
    }
  }

  @Test func `what was read in part leaves nothing behind`() throws {
    try inFolder { () throws in
      #expect(try read(0..<3, limit: 2).map(\.0) == [0, 1])
      #expect(files.isEmpty)
      #expect(try read(5..<7).map(\.0) == [5, 6])
      #expect(files == ["kept.data-00000-of-00001", "kept.index"])
    }
  }

  @Test func `names are those of TensorFlow`() throws {
    try inFolder { () throws in
      _ = try read(0..<2)
      let graph = Graph()
      let restored = try graph.addOperation(
        "RestoreV2",
        inputs: [
          graph.constant(ByteString(prefix)).erased,
          graph.constant(["      1_0", "      1_1"] as [ByteString]).erased,
          graph.constant(["", ""] as [ByteString]).erased,
        ], attributes: ["dtypes": .types([.int64, .string])])
      let values = try Session(graph: graph).run(restored.outputs)
      #expect(try values[0].scalars(of: Int64.self) == [1])
      #expect(try values[1].scalars(of: ByteString.self) == ["1"])
    }
  }

  @Test func `somebody else's lock is respected`() throws {
    try inFolder { () throws in
      try Data("x".utf8).write(to: URL(filePath: prefix + "_0.lockfile"))
      let error = #expect(throws: StatusError.self) { try read(0..<3) }
      #expect(error?.code == .alreadyExists)
      #expect(error?.message.contains("lockfile already exists") == true, "\(error as Any)")
      #expect(files == ["kept_0.lockfile"])
    }
  }

  @Test func `a folder that is not there is an error, and so is a file that is none`() throws {
    try inFolder { () throws in
      let missing = #expect(throws: StatusError.self) {
        try read(0..<3, prefix: folder + "/none/kept")
      }
      #expect(missing?.code == .notFound)
      try Data("no index".utf8).write(to: URL(filePath: prefix + ".index"))
      let damaged = #expect(throws: StatusError.self) { try read(0..<3) }
      #expect(damaged?.code == .dataLoss)
    }
  }
}
