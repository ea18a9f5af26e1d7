internal import FoundationEssentials
package import LoomCore
import LoomProto

/// A checkpoint of the second generation: an index of tensors and the shards that hold them.
///
/// Immutable and thread-safe; shards are read as tensors are asked for.
package final class TensorBundle: Sendable {
  package let prefix: String
  let table: SortedTable
  let header: Tensorflow_BundleHeaderProto

  /// What is stored under a name.
  package struct Entry: Sendable {
    package var dtype: DType
    package var shape: Shape
    /// The parts of a partitioned tensor; empty for one that is stored whole.
    package var slices: [TensorSlice]
    fileprivate var shard: Int
    fileprivate var offset: Int
    fileprivate var size: Int
    fileprivate var check: UInt32
  }

  /// The version of the format that is understood.
  static let version: Int32 = 1

  package static func indexPath(_ prefix: String) -> String { prefix + ".index" }

  package static func dataPath(_ prefix: String, shard: Int, of count: Int) -> String {
    prefix + ".data-" + padded(shard) + "-of-" + padded(count)
  }

  /// Five digits, or more if needed.
  package static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: Swift.max(5 - digits.count, 0)) + digits
  }

  /// Whether there is a checkpoint of the second generation under `prefix`.
  package static func exists(_ prefix: String) -> Bool { Paths.exists(indexPath(prefix)) }

  /// - Throws: ``StatusError/Code/notFound`` if there is no index, ``StatusError/Code/dataLoss`` if it
  ///   is damaged, ``StatusError/Code/unimplemented`` for a format that is not understood.
  package init(_ prefix: String) throws(StatusError) {
    self.prefix = prefix
    let path = TensorBundle.indexPath(prefix)
    let file = try OpenFile(reading: path)
    table = try SortedTable(file.read(at: 0, count: file.byteCount), path: path)
    guard let first = table.entries.first, first.key.isEmpty else {
      throw StatusError(.dataLoss, "\(path): the index has no header")
    }
    header = try Wire.decode(Tensorflow_BundleHeaderProto.self, .init(first.value))
    guard header.endianness == .little else {
      throw .unimplemented("\(path): the bundle was written on a big-endian machine")
    }
    guard header.version.minConsumer <= TensorBundle.version,
      !header.version.badConsumers.contains(TensorBundle.version)
    else {
      throw .invalidArgument(
        "Checkpoint format version \(header.version.producer) is not supported: it asks for "
          + "readers of version \(header.version.minConsumer)")
    }
  }

  /// The names of all tensors, in order. Parts of partitioned tensors are not among them.
  package var names: [ByteString] {
    // Keys of parts start with a zero byte.
    table.entries.dropFirst().filter { $0.key.first != 0 }.map { ByteString(bytes: $0.key) }
  }

  /// - Throws: ``StatusError/Code/notFound`` if there is no such tensor.
  package func entry(_ name: ByteString) throws(StatusError) -> Entry {
    guard let entry = try find(name.bytes) else {
      throw .notFound("Key \(name) not found in checkpoint")
    }
    return entry
  }

  private func find(_ key: [UInt8]) throws(StatusError) -> Entry? {
    guard !key.isEmpty, let value = table[key] else { return nil }
    let message = try Wire.decode(Tensorflow_BundleEntryProto.self, .init(value))
    var slices: [TensorSlice] = []
    for slice in message.slices { slices.append(try TensorSlice(slice)) }
    let dtype = try DType(message.dtype)
    guard message.offset >= 0, message.size >= 0, message.shardID >= 0, !dtype.isReference else {
      throw StatusError(.dataLoss, "\(prefix): the index entry of a tensor is damaged")
    }
    return Entry(
      dtype: dtype, shape: try Shape(message.shape), slices: slices, shard: Int(message.shardID),
      offset: Int(message.offset), size: Int(message.size), check: message.crc32C)
  }

  /// A tensor, or a part of it.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is no such tensor or shard,
  ///   ``StatusError/Code/dataLoss`` if bytes are damaged, ``StatusError/Code/outOfRange`` if they are
  ///   missing, ``StatusError/Code/internal`` if the slice leaves the tensor.
  package func read(
    _ name: ByteString, slice: TensorSlice? = nil, budget: MemoryBudget = .files
  ) throws(StatusError) -> AnyTensor {
    let entry = try entry(name)
    let box = try (slice ?? TensorSlice(fullRank: entry.shape.rank)).resolved(in: entry.shape)
    if entry.slices.isEmpty {
      let whole = try value(entry, budget)
      if slice?.isFull ?? true { return whole }
      return try SliceAssembly.cut(whole, to: box, budget: budget)
    }
    var assembly = try SliceAssembly(dtype: entry.dtype, box: box, budget: budget)
    for part in entry.slices {
      let extent = try part.resolved(in: entry.shape)
      guard assembly.overlaps(extent) else { continue }
      guard let stored = try find(OrderedCode.key(name.bytes, part)) else {
        throw .notFound("The slice \(part.text) of key \(name) is not in the checkpoint")
      }
      guard stored.dtype == entry.dtype, try stored.shape == part.shape(in: entry.shape) else {
        throw StatusError(.dataLoss, "The slice \(part.text) of key \(name) does not fit it")
      }
      try assembly.add(value(stored, budget), covering: extent)
    }
    return try assembly.finish(name: name.string)
  }

  /// The tensor behind an entry of its own.
  private func value(_ entry: Entry, _ budget: MemoryBudget) throws(StatusError) -> AnyTensor {
    let shards = Int(header.numShards)
    let file = try OpenFile(
      reading: TensorBundle.dataPath(prefix, shard: entry.shard, of: shards))
    guard let end = Checked.add(entry.offset, entry.size), end <= file.byteCount else {
      throw .outOfRange("\(file.path): Read less bytes than requested")
    }
    if let size = entry.dtype.byteSize,
      Checked.multiply(entry.shape.elementCount, size) != entry.size
    {
      throw StatusError(
        .dataLoss,
        "Invalid size in bundle entry: stored size \(entry.size); expected a \(entry.dtype) tensor "
          + "of shape \(entry.shape)")
    }
    let bytes = try file.read(at: entry.offset, count: entry.size)
    guard bytes.count == entry.size else {
      throw .outOfRange("\(file.path): Read less bytes than requested")
    }
    guard entry.dtype != .string else {
      return try StringContent.decode(bytes, entry.shape, check: entry.check, prefix, budget)
    }
    guard entry.dtype.byteSize != nil else {
      throw .unimplemented("Tensors of \(entry.dtype) cannot be read from checkpoints")
    }
    let check = CRC32C(bytes).masked
    guard check == entry.check else {
      throw StatusError(
        .dataLoss,
        "TensorBundle at \(prefix) shard \(entry.shard) (\(entry.size) bytes): Checksum does not "
          + "match: stored \(entry.check) vs. calculated on the restored bytes \(check)")
    }
    return try AnyTensor(
      dtype: entry.dtype, shape: entry.shape, content: bytes[...], budget: budget)
  }
}

/// String tensors in shards: all lengths, a check of them, then all texts.
enum StringContent {
  static func decode(
    _ bytes: [UInt8], _ shape: Shape, check: UInt32, _ prefix: String, _ budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    // Each element takes at least the byte of its length.
    guard shape.elementCount <= bytes.count else {
      throw StatusError(.dataLoss, "\(prefix): a string tensor is cut off")
    }
    var cursor = ByteCursor(bytes)
    var crc = CRC32C()
    var lengths: [Int] = []
    for _ in 0..<shape.elementCount {
      guard let length = cursor.length() else {
        throw StatusError(.dataLoss, "\(prefix): the lengths of a string tensor are damaged")
      }
      lengths.append(length)
      crc.update(StringContent.fixed(length))
    }
    guard cursor.uint32() == crc.masked else {
      throw StatusError(
        .dataLoss,
        "The length checksum does not match: expected \(crc.masked) for a string tensor of "
          + prefix)
    }
    crc.update(StringContent.checkBytes(crc.masked))
    var texts: [ByteString] = []
    for length in lengths {
      guard let text = cursor.take(length) else {
        throw StatusError(.dataLoss, "\(prefix): the texts of a string tensor are cut off")
      }
      crc.update(text)
      texts.append(ByteString(text))
    }
    guard crc.masked == check else {
      throw StatusError(
        .dataLoss,
        "TensorBundle at \(prefix) (\(bytes.count) bytes): Checksum does not match: stored "
          + "\(check) vs. calculated on the restored bytes \(crc.masked)")
    }
    return try AnyTensor(texts, shape: shape, budget: budget)
  }

  /// The bytes of a shard, and their check.
  static func encode(_ tensor: AnyTensor) throws(StatusError) -> (bytes: [UInt8], check: UInt32) {
    var crc = CRC32C()
    var bytes: [UInt8] = []
    let texts = try tensor.scalars(of: ByteString.self)
    for text in texts {
      bytes.append(varint: UInt64(text.count))
      crc.update(fixed(text.count))
    }
    let lengthCheck = crc.masked
    bytes.append(littleEndian: lengthCheck)
    crc.update(checkBytes(lengthCheck))
    for text in texts {
      bytes += text.bytes
      crc.update(text.bytes)
    }
    return (bytes, crc.masked)
  }

  /// A length as the check takes it: four bytes, eight if that is too few.
  private static func fixed(_ length: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    if let short = UInt32(exactly: length) {
      bytes.append(littleEndian: short)
    } else {
      bytes.append(littleEndian: UInt64(length))
    }
    return bytes
  }

  private static func checkBytes(_ check: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: check)
    return bytes
  }
}
