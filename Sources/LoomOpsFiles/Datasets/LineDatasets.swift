import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsData

/// The lines of text files.
enum TextLineDataset: DatasetOp {
  static let signature = OpSignature(
    "TextLineDataset",
    inputs: ["filenames: string", "compression_type: string", "buffer_size: int64"],
    outputs: ["handle: variant"], attributes: ["metadata: string = \"\""], isStateful: true)
  static let scalarInputs = [1, 2]

  static func make(_ node: KernelConstruction) -> DatasetMaker {
    DatasetMaker { context in
      let files = try context.fileNames()
      let compression = try context.compression(1)
      let chunk = try context.bufferSize(2)
      return FileDataset(count: files.count) { index in
        let stream = try ByteStream(files[index], compression: compression, chunk: chunk)
        return TextStream { try stream.readLine() }
      }
    }
  }
}

/// The records of TFRecord files.
enum TFRecordDataset: DatasetOp {
  static let signature = OpSignature(
    "TFRecordDataset",
    inputs: ["filenames: string", "compression_type: string", "buffer_size: int64"],
    outputs: ["handle: variant"], attributes: ["metadata: string = \"\""], isStateful: true)
  static let scalarInputs = [1, 2]

  static func make(_ node: KernelConstruction) -> DatasetMaker {
    DatasetMaker { context in try dataset(context, offsets: []) }
  }

  /// - Parameter offsets: where the first record of each file starts; none means at its start.
  static func dataset(
    _ context: borrowing KernelContext, offsets: [Int]
  ) throws(StatusError) -> any DatasetValue {
    let files = try context.fileNames()
    guard offsets.isEmpty || offsets.count == files.count else {
      throw .invalidArgument(
        "The number of filenames and byte offsets must match: \(files.count) vs. \(offsets.count)")
    }
    for offset in offsets where offset < 0 {
      throw .invalidArgument("Byte offsets must be >= 0, got \(offset)")
    }
    let compression = try context.compression(1)
    let chunk = try context.bufferSize(2)
    return FileDataset(count: files.count) { index in
      let records = try RecordReader(files[index], compression: compression, chunk: chunk)
      if !offsets.isEmpty { try records.skip(offsets[index]) }
      return TextStream { try records.next() }
    }
  }
}

enum TFRecordDatasetV2: DatasetOp {
  static let signature = OpSignature(
    "TFRecordDatasetV2",
    inputs: [
      "filenames: string", "compression_type: string", "buffer_size: int64",
      "byte_offsets: int64",
    ],
    outputs: ["handle: variant"], attributes: ["metadata: string = \"\""], isStateful: true)
  static let scalarInputs = [1, 2]
  static let vectorInputs = [3]

  static func make(_ node: KernelConstruction) -> DatasetMaker {
    DatasetMaker { context in
      let offsets = try context.vectorArgument(3, "byte_offsets", of: Int64.self)
      return try TFRecordDataset.dataset(context, offsets: offsets.map(Int.init))
    }
  }
}
