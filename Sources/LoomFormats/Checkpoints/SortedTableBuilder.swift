/// Lays out keys and values as a ``SortedTable``. Keys have to come in increasing order.
struct SortedTableBuilder {
  /// A block under construction.
  private struct Block {
    let restartInterval: Int
    var bytes: [UInt8] = []
    var restarts: [UInt32] = [0]
    var sinceRestart = 0
    var lastKey: [UInt8] = []

    var isEmpty: Bool { bytes.isEmpty }
    var size: Int { bytes.count + restarts.count * 4 + 4 }

    mutating func add(_ key: [UInt8], _ value: [UInt8]) {
      var shared = 0
      if sinceRestart < restartInterval {
        while shared < Swift.min(key.count, lastKey.count), key[shared] == lastKey[shared] {
          shared += 1
        }
      } else {
        restarts.append(UInt32(truncatingIfNeeded: bytes.count))
        sinceRestart = 0
      }
      bytes.append(varint: UInt64(shared))
      bytes.append(varint: UInt64(key.count - shared))
      bytes.append(varint: UInt64(value.count))
      bytes += key[shared...]
      bytes += value
      lastKey = key
      sinceRestart += 1
    }

    func finished() -> [UInt8] {
      var result = bytes
      for restart in restarts { result.append(littleEndian: restart) }
      result.append(littleEndian: UInt32(truncatingIfNeeded: restarts.count))
      return result
    }
  }

  private let blockSize: Int
  private var file: [UInt8] = []
  private var data = Block(restartInterval: 16)
  private var index = Block(restartInterval: 1)
  /// The place of the last finished block, not yet listed: its key depends on the next block's first.
  private var pending: [UInt8]?

  /// - Parameter blockSize: Blocks end when they have at least as many bytes.
  init(blockSize: Int = 262_144) { self.blockSize = blockSize }

  mutating func add(_ key: [UInt8], _ value: [UInt8]) {
    if let handle = pending {
      index.add(SortedTableBuilder.separator(data.lastKey, key), handle)
      pending = nil
      data.lastKey = []
    }
    data.add(key, value)
    if data.size >= blockSize { flush() }
  }

  private mutating func flush() {
    guard !data.isEmpty else { return }
    let last = data.lastKey
    pending = write(data.finished())
    data = Block(restartInterval: 16)
    data.lastKey = last
  }

  /// Appends a block with its trailer.
  ///
  /// - Returns: its handle.
  private mutating func write(_ content: [UInt8]) -> [UInt8] {
    var handle: [UInt8] = []
    handle.append(varint: UInt64(file.count))
    handle.append(varint: UInt64(content.count))
    let stored = content + [0]
    file += stored
    file.append(littleEndian: CRC32C(stored).masked)
    return handle
  }

  /// The whole file.
  consuming func finish() -> [UInt8] {
    flush()
    let meta = write(Block(restartInterval: 16).finished())
    if let handle = pending { index.add(SortedTableBuilder.successor(data.lastKey), handle) }
    let list = write(index.finished())
    var footer = meta + list
    footer += [UInt8](repeating: 0, count: Swift.max(40 - footer.count, 0))
    footer.append(littleEndian: SortedTable.magic)
    return file + footer
  }

  /// A short key from `a` on and before `b`.
  private static func separator(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
    var position = 0
    while position < Swift.min(a.count, b.count), a[position] == b[position] { position += 1 }
    guard position < Swift.min(a.count, b.count), a[position] < 0xFF, a[position] + 1 < b[position]
    else { return a }
    return Array(a[..<position]) + [a[position] + 1]
  }

  /// A short key from `a` on.
  private static func successor(_ a: [UInt8]) -> [UInt8] {
    guard let position = a.firstIndex(where: { $0 != 0xFF }) else { return a }
    return Array(a[..<position]) + [a[position] + 1]
  }
}
