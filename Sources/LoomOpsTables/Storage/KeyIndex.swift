import LoomCore

/// Finds keys by their hash; keys keep the row they got when they were added.
///
/// Keys come out in the order in which the hash table of GNU's C++ library walks them, because
/// TensorFlow's mutable tables export that order: one list through all keys, in which those of a bucket
/// stand together and a new key stands first in its bucket, or first of all if the bucket was empty.
struct KeyIndex: Sendable {
  private(set) var keys: TableKeys
  private var hashes: [UInt64] = []
  /// The row behind each row in the list; `KeyIndex.end` behind the last one.
  private var following: [Int] = []
  private var first = KeyIndex.end
  /// The row before the first one of each bucket.
  private var buckets: [Int] = [KeyIndex.none]
  private var free: [Int] = []
  private(set) var count = 0

  private static let end = -1
  /// In `buckets`: the bucket's first row is the first of the list.
  private static let head = -1
  /// In `buckets`: the bucket is empty.
  private static let none = -2

  /// The bucket counts that a table passes through as it grows.
  private static let sizes = [
    13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10273, 20753, 42043, 85229, 172_933, 351_061,
    712_697, 1_447_153, 2_938_679, 5_967_347, 12_117_689, 24_607_243, 49_969_847, 101_473_717,
    206_062_531, 418_451_333, 849_749_479, 1_725_587_117,
  ]

  init(dtype: DType) { keys = TableKeys(dtype: dtype, width: 1) }

  /// The rows of all keys in the order of the list.
  var rows: [Int] {
    var result: [Int] = []
    result.reserveCapacity(count)
    var row = first
    while row != KeyIndex.end {
      result.append(row)
      row = following[row]
    }
    return result
  }

  /// The row of a key; `nil` if it is not here.
  func row(of other: TableKeys, _ otherRow: Int) -> Int? {
    row(of: other, otherRow, hash: other.hash(otherRow))
  }

  private func bucket(_ hash: UInt64) -> Int { Int(hash % UInt64(buckets.count)) }

  private func row(of other: TableKeys, _ otherRow: Int, hash: UInt64) -> Int? {
    let bucket = bucket(hash)
    guard buckets[bucket] != KeyIndex.none else { return nil }
    var row = buckets[bucket] == KeyIndex.head ? first : following[buckets[bucket]]
    while row != KeyIndex.end, self.bucket(hashes[row]) == bucket {
      if hashes[row] == hash, keys.matches(row, other, otherRow) { return row }
      row = following[row]
    }
    return nil
  }

  /// The row of a key, which is added if it is not here yet.
  mutating func add(_ other: TableKeys, _ otherRow: Int) -> (row: Int, isNew: Bool) {
    let hash = other.hash(otherRow)
    if let row = row(of: other, otherRow, hash: hash) { return (row, false) }
    if count + 1 > buckets.count || buckets.count == 1 { grow() }
    let row: Int
    if let reused = free.popLast() {
      row = reused
      keys.replace(row, with: other, otherRow)
      hashes[row] = hash
    } else {
      row = keys.count
      keys.append(other, otherRow)
      hashes.append(hash)
      following.append(KeyIndex.end)
    }
    link(row, after: buckets[bucket(hash)])
    count += 1
    return (row, true)
  }

  /// Puts a row first in its bucket.
  private mutating func link(_ row: Int, after before: Int) {
    switch before {
    case KeyIndex.none:
      following[row] = first
      if first != KeyIndex.end { buckets[bucket(hashes[first])] = row }
      first = row
      buckets[bucket(hashes[row])] = KeyIndex.head
    case KeyIndex.head:
      following[row] = first
      first = row
    default:
      following[row] = following[before]
      following[before] = row
    }
  }

  private mutating func grow() {
    let wanted = Swift.max(12, 2 * buckets.count)
    guard let size = KeyIndex.sizes.first(where: { $0 >= wanted }) else { return }
    let rows = rows
    buckets = [Int](repeating: KeyIndex.none, count: size)
    first = KeyIndex.end
    for row in rows { link(row, after: buckets[bucket(hashes[row])]) }
  }

  /// Forgets a key; its row may be given to another one.
  ///
  /// - Returns: the row that the key had.
  mutating func remove(_ other: TableKeys, _ otherRow: Int) -> Int? {
    guard let row = row(of: other, otherRow) else { return nil }
    let bucket = bucket(hashes[row])
    let start = buckets[bucket]
    var before = start
    while (before == KeyIndex.head ? first : following[before]) != row {
      before = before == KeyIndex.head ? first : following[before]
    }
    let next = following[row]
    if before == KeyIndex.head { first = next } else { following[before] = next }
    let nextBucket = next == KeyIndex.end ? nil : self.bucket(hashes[next])
    if before == start, nextBucket != bucket { buckets[bucket] = KeyIndex.none }
    if let nextBucket, nextBucket != bucket { buckets[nextBucket] = before }
    free.append(row)
    count -= 1
    return row
  }

  /// Forgets all keys; the buckets stay.
  mutating func removeAll() {
    keys = TableKeys(dtype: keys.dtype, width: keys.width)
    hashes = []
    following = []
    free = []
    first = KeyIndex.end
    for bucket in buckets.indices { buckets[bucket] = KeyIndex.none }
    count = 0
  }
}
