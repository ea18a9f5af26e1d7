import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsData

/// Records of one length.
enum FixedLengthRecordDataset: DatasetOp {
  static let signature = OpSignature(
    "FixedLengthRecordDataset",
    inputs: [
      "filenames: string", "header_bytes: int64", "record_bytes: int64", "footer_bytes: int64",
      "buffer_size: int64",
    ],
    outputs: ["handle: variant"], attributes: ["metadata: string = \"\""], isStateful: true)
  static let scalarInputs = [1, 2, 3, 4]

  static func make(_ node: KernelConstruction) -> DatasetMaker {
    DatasetMaker { context in try dataset(context, .none) }
  }

  static func dataset(
    _ context: borrowing KernelContext, _ compression: Compression
  ) throws(StatusError) -> any DatasetValue {
    let files = try context.fileNames()
    let header = Int(try context.argument(1, "header_bytes", of: Int64.self))
    let record = Int(try context.argument(2, "record_bytes", of: Int64.self))
    let footer = Int(try context.argument(3, "footer_bytes", of: Int64.self))
    guard header >= 0 else { throw .invalidArgument("`header_bytes` must be >= 0") }
    guard record > 0 else { throw .invalidArgument("`record_bytes` must be > 0") }
    guard footer >= 0 else { throw .invalidArgument("`footer_bytes` must be >= 0") }
    let chunk = try context.bufferSize(4)
    return FileDataset(count: files.count) { index in
      let stream = try ByteStream(files[index], compression: compression, chunk: chunk)
      let body = FixedLengthBody(stream, header: header, record: record, footer: footer)
      if compression == .none { try body.checkLength() }
      return TextStream { try body.next() }
    }
  }
}

enum FixedLengthRecordDatasetV2: DatasetOp {
  static let signature = OpSignature(
    "FixedLengthRecordDatasetV2",
    inputs: [
      "filenames: string", "header_bytes: int64", "record_bytes: int64", "footer_bytes: int64",
      "buffer_size: int64", "compression_type: string",
    ],
    outputs: ["handle: variant"], attributes: ["metadata: string = \"\""], isStateful: true)
  static let scalarInputs = [1, 2, 3, 4, 5]

  static func make(_ node: KernelConstruction) -> DatasetMaker {
    DatasetMaker { context in
      try FixedLengthRecordDataset.dataset(context, context.compression(5))
    }
  }
}

/// The records between a header and a footer; the footer is known by what follows it: nothing.
private final class FixedLengthBody {
  private let stream: ByteStream
  private let header: Int
  private let record: Int
  private let footer: Int
  private var hasStarted = false
  /// Bytes that may belong to the footer.
  private var window: [UInt8] = []

  init(_ stream: ByteStream, header: Int, record: Int, footer: Int) {
    self.stream = stream
    self.header = header
    self.record = record
    self.footer = footer
  }

  /// The length of a plain file tells at once whether all records are whole.
  func checkLength() throws(StatusError) {
    let length = stream.storedByteCount
    guard let frame = Checked.add(header, footer), length >= frame,
      (length - frame) % record == 0
    else { throw .invalidArgument(uneven(Swift.max(length, 0)).reason) }
  }

  func next() throws(StatusError) -> [UInt8]? {
    if !hasStarted {
      hasStarted = true
      guard try stream.skip(header) == header else { throw uneven(0) }
    }
    guard let whole = Checked.add(record, footer) else { throw uneven(window.count) }
    window += try stream.read(whole - window.count)
    guard window.count == whole else {
      if window.count == footer { return nil }
      // The rest is no record: with an error said once, the file has ended.
      defer { window = Array(window.suffix(footer)) }
      throw uneven(window.count - footer)
    }
    defer { window.removeFirst(record) }
    return Array(window.prefix(record))
  }

  @inline(never)
  private func uneven(_ rest: Int) -> StatusError {
    StatusError(
      .dataLoss,
      "Excluding the header (\(header) bytes) and footer (\(footer) bytes), input file "
        + "\"\(stream.path)\" has a body length which is not an exact multiple of the record length "
        + "(\(record) bytes): \(rest) bytes are left.")
  }
}
