import Foundation
import LoomCore
import LoomFormats
import LoomTestSupport
import Testing

@Suite struct RecordFormatTests {
  @Test func `checks are those of RFC 3720`() {
    #expect(CRC32C([UInt8](repeating: 0, count: 32)).value == 0x8A91_36AA)
    #expect(CRC32C([UInt8](repeating: 0xFF, count: 32)).value == 0x62A8_AB43)
    #expect(CRC32C(Array(0..<32)).value == 0x46DD_794E)
    #expect(CRC32C(Array("123456789".utf8)).value == 0xE306_9283)
    var parts = CRC32C()
    for part in ["1234", "5", "6789"] { parts.update(Array(part.utf8)) }
    #expect(parts.value == 0xE306_9283)
  }

  @Test func `a record is framed as stock frames it`() throws {
    let bytes = try Array(
      Data(contentsOf: Fixtures.url("models/records_example/plain.tfrecord")))
    let reader = try RecordReader(Fixtures.path("models/records_example/plain.tfrecord"))
    var framed: [UInt8] = []
    while let record = try reader.next() { framed += RecordReader.frame(record) }
    #expect(framed == bytes)
  }

  @Test(arguments: [("zlib", Compression.zlib), ("gzip", .gzip)])
  func `compressed files hold the same bytes`(_ name: String, _ compression: Compression) throws {
    let folder = "models/records_example"
    let plain = try Array(Data(contentsOf: Fixtures.url("\(folder)/plain.tfrecord")))
    let compressed = try Array(Data(contentsOf: Fixtures.url("\(folder)/\(name).tfrecord")))
    #expect(try compression.decompress(compressed) == plain)
    let stream = try ByteStream(
      Fixtures.path("\(folder)/\(name).tfrecord"), compression: compression, chunk: 1)
    #expect(try stream.read(10) == Array(plain[0..<10]))
    #expect(try stream.skip(1000) == 1000)
    #expect(try stream.readAll() == Array(plain[1010...]))
    #expect(throws: StatusError.self) { try compression.decompress(compressed, limit: 1000) }
  }

  @Test func `lines end with a newline, a carriage return before it, or the file`() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "lines-\(UUID())")
    defer { try? FileManager.default.removeItem(at: path) }
    let long = String(repeating: "x", count: 5000)
    try Data("a\r\n\n\(long)\nlast".utf8).write(to: path)
    let stream = try ByteStream(path.path(percentEncoded: false), chunk: 1)
    var lines: [String] = []
    while let line = try stream.readLine() { lines.append(String(decoding: line, as: UTF8.self)) }
    #expect(lines == ["a", "", long, "last"])
    #expect(stream.position == 5009)
  }

  @Test func `folders and missing files are told apart`() {
    func code(_ path: String) -> StatusError.Code? {
      do throws(StatusError) {
        _ = try ByteStream(path)
        return nil
      } catch { return error.code }
    }
    #expect(code("/nowhere/at/all") == .notFound)
    #expect(code("/tmp") == .failedPrecondition)
    #expect(code("a\0b") == .invalidArgument)
  }
}
