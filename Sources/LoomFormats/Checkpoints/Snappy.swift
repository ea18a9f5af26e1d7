/// Google's Snappy format, decompression only: tables of the first generation may use it.
enum Snappy {
  /// Decompressed bytes of one block at most.
  private static let limit = 1 << 30

  /// `nil` if the bytes are damaged.
  static func decompress(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
    var cursor = ByteCursor(bytes)
    guard let length = cursor.length(), length <= limit else { return nil }
    var result: [UInt8] = []
    while !cursor.isAtEnd {
      guard let tag = cursor.take(1)?.first else { return nil }
      if tag & 3 == 0 {
        var count = Int(tag >> 2)
        if count >= 60 {
          guard let extra = cursor.take(count - 59) else { return nil }
          count = extra.reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        guard let literal = cursor.take(count + 1), result.count + literal.count <= length else {
          return nil
        }
        result += literal
        continue
      }
      var count = Int(tag >> 2) + 1
      let offset: Int
      switch tag & 3 {
      case 1:
        guard let low = cursor.take(1)?.first else { return nil }
        count = Int(tag >> 2 & 7) + 4
        offset = Int(tag >> 5) << 8 | Int(low)
      case 2:
        guard let part = cursor.take(2) else { return nil }
        offset = part.reversed().reduce(0) { $0 << 8 | Int($1) }
      default:
        guard let far = cursor.uint32() else { return nil }
        offset = Int(far)
      }
      guard offset > 0, offset <= result.count, result.count + count <= length else { return nil }
      // One by one: a copy may reach into what it writes.
      for _ in 0..<count { result.append(result[result.count - offset]) }
    }
    return result.count == length ? result : nil
  }
}
