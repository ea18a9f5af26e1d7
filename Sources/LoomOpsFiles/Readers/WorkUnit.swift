import LoomCore
import LoomFormats

/// What a reader makes of its work units.
enum ReaderKind: Sendable, Hashable {
  case wholeFile
  case textLine(skippedLines: Int)
  case fixedLength(FixedRecords)
  case records(Compression)
  case identity
  case database

  /// How records of one length lie in a file.
  struct FixedRecords: Sendable, Hashable {
    var header: Int
    var record: Int
    var footer: Int
    /// From the start of a record to the start of the next.
    var hop: Int
    var compression: Compression
  }

  /// TensorFlow's name.
  var name: String {
    switch self {
    case .wholeFile: "WholeFileReader"
    case .textLine: "TextLineReader"
    case .fixedLength: "FixedLengthRecordReader"
    case .records: "TFRecordReader"
    case .identity: "IdentityReader"
    case .database: "LMDBReader"
    }
  }

  /// Whether the state between two work units says everything.
  var canBeSaved: Bool { self == .wholeFile || self == .identity }

  /// - Throws: what opening the file throws.
  func open(_ work: ByteString) throws(StatusError) -> any WorkUnit {
    switch self {
    case .wholeFile: WholeFileUnit(work)
    case .textLine(let skipped): try TextLineUnit(work, skipping: skipped)
    case .fixedLength(let layout): try FixedLengthUnit(work, layout)
    case .records(let compression): try RecordUnit(work, compression)
    case .identity: IdentityUnit(work)
    case .database: try DatabaseUnit(work)
    }
  }
}

/// A key and the value it names.
struct ReaderRecord: Sendable {
  var key: ByteString
  var value: ByteString
}

/// A work unit being read.
protocol WorkUnit: AnyObject {
  /// The next record; `nil` when there are no more.
  func next() throws(StatusError) -> ReaderRecord?
  /// Whether it is known already that no record follows.
  var isFinished: Bool { get }
}

extension WorkUnit {
  var isFinished: Bool { false }
}

extension ByteString {
  /// The key of a record: the file's name and a number.
  fileprivate func key(_ number: Int) -> ByteString {
    ByteString(bytes: bytes + Array(":\(number)".utf8))
  }
}

private final class WholeFileUnit: WorkUnit {
  private var file: ByteString?

  init(_ file: ByteString) { self.file = file }

  var isFinished: Bool { file == nil }

  func next() throws(StatusError) -> ReaderRecord? {
    guard let file = file.take() else { return nil }
    let stream = try ByteStream(file.string)
    return ReaderRecord(key: file, value: ByteString(bytes: try stream.readAll()))
  }
}

private final class IdentityUnit: WorkUnit {
  private var work: ByteString?

  init(_ work: ByteString) { self.work = work }

  var isFinished: Bool { work == nil }

  func next() -> ReaderRecord? {
    work.take().map { ReaderRecord(key: $0, value: $0) }
  }
}

private final class TextLineUnit: WorkUnit {
  private let file: ByteString
  private let stream: ByteStream
  private var line = 0

  init(_ file: ByteString, skipping count: Int) throws(StatusError) {
    self.file = file
    stream = try ByteStream(file.string)
    while line < count, try stream.readLine() != nil { line += 1 }
  }

  func next() throws(StatusError) -> ReaderRecord? {
    guard let text = try stream.readLine() else { return nil }
    line += 1
    return ReaderRecord(key: file.key(line), value: ByteString(bytes: text))
  }
}

private final class FixedLengthUnit: WorkUnit {
  private let file: ByteString
  private let stream: ByteStream
  private let layout: ReaderKind.FixedRecords
  private var number = 0
  /// Bytes from the current record's start on: the footer has to be there too.
  private var window: [UInt8] = []

  init(_ file: ByteString, _ layout: ReaderKind.FixedRecords) throws(StatusError) {
    self.file = file
    self.layout = layout
    stream = try ByteStream(file.string, compression: layout.compression)
    _ = try stream.skip(layout.header)
  }

  func next() throws(StatusError) -> ReaderRecord? {
    if number > 0 {
      let kept = Swift.min(layout.hop, window.count)
      window.removeFirst(kept)
      let missing = layout.hop - kept
      guard try stream.skip(missing) == missing else { return nil }
    }
    guard let whole = Checked.add(layout.record, layout.footer) else { return nil }
    window += try stream.read(whole - window.count)
    guard window.count == whole else { return nil }
    defer { number += 1 }
    return ReaderRecord(
      key: file.key(number), value: ByteString(window.prefix(layout.record)))
  }
}

private final class RecordUnit: WorkUnit {
  private let file: ByteString
  private let records: RecordReader

  init(_ file: ByteString, _ compression: Compression) throws(StatusError) {
    self.file = file
    records = try RecordReader(file.string, compression: compression)
  }

  func next() throws(StatusError) -> ReaderRecord? {
    let position = records.position
    guard let record = try records.next() else { return nil }
    return ReaderRecord(key: file.key(position), value: ByteString(bytes: record))
  }
}

private final class DatabaseUnit: WorkUnit {
  private let file: LMDBFile

  init(_ file: ByteString) throws(StatusError) { self.file = try LMDBFile(file.string) }

  func next() throws(StatusError) -> ReaderRecord? {
    guard let (key, value) = try file.next() else { return nil }
    return ReaderRecord(key: ByteString(bytes: key), value: ByteString(bytes: value))
  }
}
