import LoomCore

/// A file of keys and values in the order of the keys, as LevelDB lays it out: blocks of entries that
/// share prefixes, a block that lists the blocks, and a footer.
struct SortedTable: Sendable {
  typealias Entry = (key: [UInt8], value: [UInt8])

  /// All entries, in order.
  let entries: [Entry]

  static let magic: UInt64 = 0xDB47_7524_8B80_FB57
  static let footerLength = 48
  static let trailerLength = 5

  /// A block's place in the file.
  private struct Handle {
    var offset: Int
    var size: Int

    init?(_ cursor: inout ByteCursor) {
      guard let offset = cursor.length(), let size = cursor.length() else { return nil }
      self.offset = offset
      self.size = size
    }
  }

  /// - Parameter path: for error texts only.
  /// - Throws: ``StatusError/Code/dataLoss`` if the bytes are no table or are damaged.
  init(_ bytes: [UInt8], path: String) throws(StatusError) {
    guard bytes.count >= SortedTable.footerLength else {
      throw StatusError(.dataLoss, "\(path): file is too short to be an sstable")
    }
    let footer = bytes[(bytes.count - SortedTable.footerLength)...]
    var magic = ByteCursor(footer.suffix(8))
    guard magic.uint64() == SortedTable.magic else {
      throw StatusError(.dataLoss, "\(path): not an sstable (bad magic number)")
    }
    var cursor = ByteCursor(footer.prefix(40))
    guard Handle(&cursor) != nil, let index = Handle(&cursor) else {
      throw SortedTable.damaged(path, "bad block handle")
    }
    var entries: [Entry] = []
    for block in try SortedTable.entries(SortedTable.block(index, bytes, path), path) {
      var cursor = ByteCursor(block.value)
      guard let handle = Handle(&cursor) else {
        throw SortedTable.damaged(path, "bad block handle")
      }
      entries += try SortedTable.entries(SortedTable.block(handle, bytes, path), path)
    }
    self.entries = entries
  }

  @inline(never)
  private static func damaged(_ path: String, _ why: String) -> StatusError {
    StatusError(
      .dataLoss,
      "Unable to read file (\(path)). Perhaps the file is corrupt or was produced by a newer "
        + "version of TensorFlow with format changes (failed to seek to header entry): \(why)")
  }

  /// The content of a block, checked and decompressed.
  private static func block(
    _ handle: Handle, _ bytes: [UInt8], _ path: String
  ) throws(StatusError) -> [UInt8] {
    guard let end = Checked.add(handle.offset, handle.size),
      end <= bytes.count - trailerLength
    else { throw damaged(path, "truncated block read") }
    var trailer = ByteCursor(bytes[(end + 1)..<(end + trailerLength)])
    var check = CRC32C()
    check.update(bytes[handle.offset...end])
    guard trailer.uint32() == check.masked else { throw damaged(path, "block checksum mismatch") }
    let content = bytes[handle.offset..<end]
    switch bytes[end] {
    case 0: return Array(content)
    case 1:
      guard let plain = Snappy.decompress(content) else {
        throw damaged(path, "corrupted compressed block contents")
      }
      return plain
    default: throw damaged(path, "bad block type")
    }
  }

  private static func entries(_ block: [UInt8], _ path: String) throws(StatusError) -> [Entry] {
    var end = ByteCursor(block.suffix(4))
    guard block.count >= 4, let restarts = end.uint32(),
      let size = Checked.multiply(Int(restarts), 4), size <= block.count - 4
    else { throw damaged(path, "bad block contents") }
    var cursor = ByteCursor(block[..<(block.count - 4 - size)])
    var entries: [Entry] = []
    var key: [UInt8] = []
    while !cursor.isAtEnd {
      guard let shared = cursor.length(), let unshared = cursor.length(),
        let length = cursor.length(), shared <= key.count, let rest = cursor.take(unshared),
        let value = cursor.take(length)
      else { throw damaged(path, "bad entry in block") }
      key.removeSubrange(shared...)
      key += rest
      entries.append((key, Array(value)))
    }
    return entries
  }

  /// The value of `key`.
  subscript(key: [UInt8]) -> [UInt8]? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].key.lexicographicallyPrecedes(key) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < entries.count && entries[low].key == key ? entries[low].value : nil
  }
}
