import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport

private let shared = ["container: string = \"\"", "shared_name: string = \"\""]
private let fixed = [
  "header_bytes: int = 0", "record_bytes: int", "footer_bytes: int = 0", "hop_bytes: int = 0",
]

/// Yields whole files, keyed by their names.
enum WholeFileReader: ReaderOp {
  static let signature = OpSignature(
    "WholeFileReader", outputs: ["reader_handle: Ref(string)"], attributes: shared,
    isStateful: true)
  static func kind(_ attributes: Attributes) -> ReaderKind { .wholeFile }
}

enum WholeFileReaderV2: ReaderOp {
  static let signature = OpSignature(
    "WholeFileReaderV2", outputs: ["reader_handle: resource"], attributes: shared,
    isStateful: true)
  static func kind(_ attributes: Attributes) -> ReaderKind { .wholeFile }
}

/// Yields lines, keyed by file name and line number.
enum TextLineReader: ReaderOp {
  static let signature = OpSignature(
    "TextLineReader", outputs: ["reader_handle: Ref(string)"],
    attributes: ["skip_header_lines: int = 0"] + shared, isStateful: true, deprecatedSince: 26)
  static func kind(_ attributes: Attributes) throws(StatusError) -> ReaderKind {
    let count = try attributes.int("skip_header_lines")
    guard count >= 0 else {
      throw .invalidArgument("skip_header_lines must be >= 0 not \(count)")
    }
    return .textLine(skippedLines: count)
  }
}

enum TextLineReaderV2: ReaderOp {
  static let signature = OpSignature(
    "TextLineReaderV2", outputs: ["reader_handle: resource"],
    attributes: ["skip_header_lines: int = 0"] + shared, isStateful: true)
  static func kind(_ attributes: Attributes) throws(StatusError) -> ReaderKind {
    try TextLineReader.kind(attributes)
  }
}

/// Yields records of one length, keyed by file name and record number.
enum FixedLengthRecordReader: ReaderOp {
  static let signature = OpSignature(
    "FixedLengthRecordReader", outputs: ["reader_handle: Ref(string)"],
    attributes: fixed + shared, isStateful: true, deprecatedSince: 26)
  static func kind(_ attributes: Attributes) throws(StatusError) -> ReaderKind {
    let header = try attributes.int("header_bytes")
    let record = try attributes.int("record_bytes")
    let footer = try attributes.int("footer_bytes")
    let hop = try attributes.int("hop_bytes")
    guard header >= 0 else { throw .invalidArgument("header_bytes must be >= 0 not \(header)") }
    guard record > 0 else { throw .invalidArgument("record_bytes must be > 0 not \(record)") }
    guard footer >= 0 else { throw .invalidArgument("footer_bytes must be >= 0 not \(footer)") }
    guard hop >= 0 else { throw .invalidArgument("hop_bytes must be >= 0 not \(hop)") }
    return .fixedLength(
      ReaderKind.FixedRecords(
        header: header, record: record, footer: footer, hop: hop == 0 ? record : hop,
        compression: .none))
  }
}

enum FixedLengthRecordReaderV2: ReaderOp {
  static let signature = OpSignature(
    "FixedLengthRecordReaderV2", outputs: ["reader_handle: resource"],
    attributes: fixed + shared + ["encoding: string = \"\""], isStateful: true)
  static func kind(_ attributes: Attributes) throws(StatusError) -> ReaderKind {
    guard case .fixedLength(var layout) = try FixedLengthRecordReader.kind(attributes) else {
      throw .internal("Expected records of one length")
    }
    let encoding = try attributes.string("encoding")
    do throws(StatusError) { layout.compression = try Compression(name: encoding) } catch {
      throw .invalidArgument("Unsupported encoding \(encoding)")
    }
    return .fixedLength(layout)
  }
}

/// Yields the records of TFRecord files, keyed by file name and offset.
enum TFRecordReader: ReaderOp {
  static let signature = OpSignature(
    "TFRecordReader", outputs: ["reader_handle: Ref(string)"],
    attributes: shared + ["compression_type: string = \"\""], isStateful: true,
    deprecatedSince: 26)
  static func kind(_ attributes: Attributes) throws(StatusError) -> ReaderKind {
    .records(try Compression(name: attributes.string("compression_type")))
  }
}

enum TFRecordReaderV2: ReaderOp {
  static let signature = OpSignature(
    "TFRecordReaderV2", outputs: ["reader_handle: resource"],
    attributes: shared + ["compression_type: string = \"\""], isStateful: true)
  static func kind(_ attributes: Attributes) throws(StatusError) -> ReaderKind {
    try TFRecordReader.kind(attributes)
  }
}

/// Yields the work units themselves, as key and value.
enum IdentityReader: ReaderOp {
  static let signature = OpSignature(
    "IdentityReader", outputs: ["reader_handle: Ref(string)"], attributes: shared,
    isStateful: true, deprecatedSince: 26)
  static func kind(_ attributes: Attributes) -> ReaderKind { .identity }
}

enum IdentityReaderV2: ReaderOp {
  static let signature = OpSignature(
    "IdentityReaderV2", outputs: ["reader_handle: resource"], attributes: shared,
    isStateful: true)
  static func kind(_ attributes: Attributes) -> ReaderKind { .identity }
}

/// Yields the keys and values of LMDB databases. TensorFlow knows the op, but reads no such files any more.
enum LMDBReader: ReaderOp {
  static let signature = OpSignature(
    "LMDBReader", outputs: ["reader_handle: Ref(string)"], attributes: shared, isStateful: true)
  static func kind(_ attributes: Attributes) -> ReaderKind { .database }
}
