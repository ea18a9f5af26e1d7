package import LoomCore

/// The records of a TFRecord file, one after the other. Used by one thread at a time.
package final class RecordReader {
  private let stream: ByteStream

  /// - Throws: what opening the file throws.
  package init(
    _ path: String, compression: Compression = .none, chunk: Int = ByteStream.defaultChunk
  ) throws(StatusError) {
    stream = try ByteStream(path, compression: compression, chunk: chunk)
  }

  /// Where the next record starts, in decompressed bytes.
  package var position: Int { stream.position }

  /// Passes over bytes, to start at a record that is known to begin there.
  package func skip(_ count: Int) throws(StatusError) { _ = try stream.skip(count) }

  /// The next record; `nil` after the last. A file that ends inside a record's header has ended.
  ///
  /// - Throws: ``StatusError/Code/dataLoss`` if a record is damaged or cut off.
  package func next() throws(StatusError) -> [UInt8]? {
    let offset = stream.position
    let header = try stream.read(12)
    guard header.count == 12 else { return nil }
    var cursor = ByteCursor(header)
    guard let length = cursor.uint64(), let stored = cursor.uint32(),
      CRC32C(Array(header[0..<8])).masked == stored, let count = Int(exactly: length)
    else {
      let hint = offset == 0 ? " (Is this even a TFRecord file?)" : ""
      throw StatusError(.dataLoss, "corrupted record at \(offset)\(hint)")
    }
    // A length that leaves Int by four is longer than any file.
    guard let whole = Checked.add(count, 4) else { throw cutOff(offset) }
    var bytes = try stream.read(whole)
    guard bytes.count == whole else { throw cutOff(offset) }
    var tail = ByteCursor(bytes[count...])
    let check = tail.uint32()
    bytes.removeLast(4)
    guard CRC32C(bytes).masked == check else {
      throw StatusError(.dataLoss, "corrupted record at \(offset + 12)")
    }
    return bytes
  }

  @inline(never)
  private func cutOff(_ offset: Int) -> StatusError {
    StatusError(
      .dataLoss, "truncated record at \(offset)' failed with Read less bytes than requested")
  }

  /// A record as it stands in a file.
  package static func frame(_ record: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(record.count + 16)
    result.append(littleEndian: UInt64(record.count))
    result.append(littleEndian: CRC32C(result).masked)
    result += record
    result.append(littleEndian: CRC32C(record).masked)
    return result
  }
}
