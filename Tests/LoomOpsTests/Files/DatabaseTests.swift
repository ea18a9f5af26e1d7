import Foundation
import LoomTestSupport
import Testing
import Weirloom

/// Readers and datasets of LMDB databases.
@Suite struct DatabaseTests {
  private let graph = FileGraph()

  private func elements(_ files: [String]) throws -> [(String, ByteString)] {
    let variant = try graph(
      "LMDBDataset", [graph.texts(files)],
      [
        "output_types": .types([.string, .string]), "output_shapes": .shapes([.scalar, .scalar]),
      ])[0]
    let dataset = try Dataset(variant, types: [.string, .string], shapes: [.scalar, .scalar])
    let (iterator, initializer) = try dataset.makeInitializableIterator()
    let next = try iterator.next(ByteString.self, ByteString.self)
    let session = try Session(graph: graph.graph)
    defer { session.close() }
    try session.run(initializer)
    var result: [(String, ByteString)] = []
    while let (key, value) = try untilEnd({ try session.run(next.0, next.1) }) {
      result.append((key.scalar?.string ?? "", value.scalar ?? ""))
    }
    return result
  }

  @Test func `entries come in the order of their keys, from all files`() throws {
    let files = ["large.mdb", "empty.mdb", "folder"].map { Fixtures.path("lmdb/\($0)") }
    let found = try elements(files)
    #expect(found.map(\.0) == ["a", "b", "c"] + (0..<10).map { "0\($0)" })
    let long = (0..<50).flatMap { _ in (0..<256).map { UInt8($0) } }
    #expect(found[0].1 == "x" && found[1].1.bytes == long && found[2].1.isEmpty)
    #expect(found.dropFirst(3).map(\.1.string) == (0..<10).map { "value \($0)" })
  }

  @Test func `a tree of pages is walked from end to end`() throws {
    let found = try elements([Fixtures.path("lmdb/tree.mdb")])
    #expect(found.count == 1000)
    for (index, entry) in found.enumerated() {
      let digits = String(index)
      #expect(entry.0 == "key" + String(repeating: "0", count: 5 - digits.count) + digits)
      #expect(entry.1.string == String(repeating: digits + "-", count: index % 7))
    }
  }

  @Test func `a reader takes databases as work units`() throws {
    let reader = try graph("LMDBReader")[0]
    let queue = try graph("FIFOQueue", [], ["component_types": .types([.string])])[0]
    let names = ["folder", "large.mdb"].map { Fixtures.path("lmdb/\($0)") }
    let components: [String: AttributeValue] = ["Tcomponents": .types([.string])]
    let fill = try graph.operation("QueueEnqueueMany", [queue, graph.texts(names)], components)
    let close = try graph.operation("QueueClose", [queue])
    let read = try graph("ReaderRead", [reader, queue])
    let produced = try graph("ReaderNumRecordsProduced", [reader])
    let save = try graph("ReaderSerializeState", [reader])
    let session = try Session(graph: graph.graph)
    defer { session.close() }
    try session.run(fill)
    try session.run(close)
    var keys: [String] = []
    for _ in 0..<13 { keys.append(try session.run(read)[0].strings[0]) }
    #expect(keys == (0..<10).map { "0\($0)" } + ["a", "b", "c"])
    #expect(try session.run(produced)[0].element(0) == Int64(13))
    let unsaved = #expect(throws: StatusError.self) { try session.run(save) }
    #expect(unsaved?.code == .unimplemented)
    let end = #expect(throws: StatusError.self) { try session.run(read) }
    #expect(end?.code == .outOfRange)
  }

  @Test func `what is no database, or a damaged one, is an error`() throws {
    func code(_ path: String) -> StatusError.Code? {
      do {
        _ = try elements([path])
        return nil
      } catch {
        return StatusError.wrapping(error).code
      }
    }
    let folder = try TemporaryFolder()
    #expect(code(folder.file("none")) == .notFound)
    let whole = try Data(contentsOf: Fixtures.url("lmdb/tree.mdb"))
    let path = folder.file("damaged.mdb")
    for size in [0, 1, 100, 4096, 5000, 12_288] {
      try whole.prefix(size).write(to: URL(filePath: path))
      #expect(code(path) == .dataLoss, "\(size) bytes")
    }
    // Any byte may be wrong: an error or other entries, but neither a crash nor an endless loop.
    for position in stride(from: 0, to: whole.count, by: 211) {
      var copy = whole
      copy[position] ^= 0xFF
      try copy.write(to: URL(filePath: path))
      _ = code(path)
    }
  }
}
