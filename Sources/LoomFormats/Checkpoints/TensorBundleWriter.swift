internal import FoundationEssentials
package import LoomCore
import LoomProto
import Synchronization

/// Writes a ``TensorBundle`` of one shard. Nothing stands under its final name before ``finish()``.
package final class TensorBundleWriter {
  private let prefix: String
  private let suffix: String
  private let data: OpenFile
  private var offset = 0
  private var entries: [[UInt8]: Tensorflow_BundleEntryProto] = [:]
  private var isFinished = false

  /// Tells files under construction of one process apart.
  private static let number = Atomic<Int>(0)

  /// - Throws: what making the folder and the file throws.
  package init(_ prefix: String) throws(StatusError) {
    self.prefix = prefix
    let number = TensorBundleWriter.number.add(1, ordering: .relaxed).newValue
    suffix = ".tempstate\(UInt64.random(in: .min ... .max))\(number)"
    try Paths.makeFolder(Paths.folder(of: prefix))
    data = try OpenFile(writing: TensorBundle.dataPath(prefix, shard: 0, of: 1) + suffix)
  }

  deinit {
    // What was not finished leaves no file behind; one that cannot be removed does no harm.
    if !isFinished { try? Paths.remove(data.path) }
  }

  /// Stores a whole tensor.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there is one of that name,
  ///   ``StatusError/Code/unimplemented`` for resources and variants; what writing throws.
  package func add(_ name: ByteString, _ tensor: AnyTensor) throws(StatusError) {
    guard !name.isEmpty else { throw .invalidArgument("The name of a tensor must not be empty") }
    try add(key: name.bytes, tensor)
  }

  /// Stores a part of a tensor.
  package func add(
    _ name: ByteString, _ part: ShapeAndSlice, _ tensor: AnyTensor
  ) throws(StatusError) {
    let shape = try part.sliceShape
    guard shape == tensor.shape else {
      throw .invalidArgument(
        "Slice shape \(shape) does not match the shape of the tensor to save \(name): "
          + "\(tensor.shape)")
    }
    if part.slice.isFull { return try add(name, tensor) }
    var entry = entries[name.bytes] ?? Tensorflow_BundleEntryProto()
    if entry.slices.isEmpty {
      guard entries[name.bytes] == nil else { throw duplicate(name.bytes) }
      entry.dtype = tensor.dtype.proto
      entry.shape = part.shape.proto
    } else {
      guard entry.dtype == tensor.dtype.proto, entry.shape == part.shape.proto else {
        throw .invalidArgument(
          "Slices of tensor \(name) differ in the tensor's dtype or shape: expected "
            + "\(entry.shape.dim.map(\.size)), got \(part.shape)")
      }
    }
    try add(key: OrderedCode.key(name.bytes, part.slice), tensor)
    entry.slices.append(part.slice.proto)
    entries[name.bytes] = entry
  }

  private func duplicate(_ key: [UInt8]) -> StatusError {
    .invalidArgument("Adding duplicate key: \(ByteString(bytes: key))")
  }

  private func add(key: [UInt8], _ tensor: AnyTensor) throws(StatusError) {
    guard entries[key] == nil else { throw duplicate(key) }
    let (bytes, check): ([UInt8], UInt32)
    if tensor.dtype == .string {
      (bytes, check) = try StringContent.encode(tensor)
    } else {
      guard tensor.dtype.byteSize != nil else {
        throw .unimplemented("Tensors of \(tensor.dtype) cannot be written to checkpoints")
      }
      bytes = try tensor.content()
      check = CRC32C(bytes).masked
    }
    try data.write(bytes)
    var entry = Tensorflow_BundleEntryProto()
    entry.dtype = tensor.dtype.proto
    entry.shape = tensor.shape.proto
    entry.offset = Int64(offset)
    entry.size = Int64(bytes.count)
    entry.crc32C = check
    entries[key] = entry
    offset += bytes.count
  }

  /// Puts the bundle in its place.
  package func finish() throws(StatusError) {
    try TensorBundleWriter.writeIndex(prefix, shards: 1, entries, suffix: suffix)
    try Paths.rename(data.path, to: TensorBundle.dataPath(prefix, shard: 0, of: 1))
    isFinished = true
  }

  static func writeIndex(
    _ prefix: String, shards: Int, _ entries: [[UInt8]: Tensorflow_BundleEntryProto],
    suffix: String
  ) throws(StatusError) {
    var header = Tensorflow_BundleHeaderProto()
    header.numShards = Int32(clamping: shards)
    header.version.producer = TensorBundle.version
    var table = SortedTableBuilder()
    table.add([], Array(try Wire.encode(header)))
    for (key, entry) in entries.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      table.add(key, Array(try Wire.encode(entry)))
    }
    let path = TensorBundle.indexPath(prefix)
    try OpenFile(writing: path + suffix).write(table.finish())
    try Paths.rename(path + suffix, to: path)
  }
}

/// Joins bundles that hold different tensors, or different parts, into one of several shards.
package enum BundleMerge {
  /// - Parameter allowsMissing: passes over prefixes without a bundle.
  /// - Throws: ``StatusError/Code/notFound`` if a bundle is missing,
  ///   ``StatusError/Code/invalidArgument`` if a tensor stands in two of them.
  package static func merge(
    _ prefixes: [String], into target: String, allowsMissing: Bool
  ) throws(StatusError) {
    var entries: [[UInt8]: Tensorflow_BundleEntryProto] = [:]
    var shards: [(prefix: String, shard: Int, count: Int)] = []
    var merged: [String] = []
    for prefix in prefixes where !merged.contains(prefix) {
      if allowsMissing, !TensorBundle.exists(prefix) { continue }
      let bundle = try TensorBundle(prefix)
      merged.append(prefix)
      var numbers: [Int32: Int32] = [:]
      for (key, value) in bundle.table.entries.dropFirst() {
        var entry = try Wire.decode(Tensorflow_BundleEntryProto.self, .init(value))
        if !entry.slices.isEmpty {
          if let known = entries[key] {
            guard known.dtype == entry.dtype, known.shape == entry.shape, !known.slices.isEmpty
            else { throw duplicate(key, prefix) }
            entry.slices = known.slices + entry.slices
          }
          entries[key] = entry
          continue
        }
        guard entries[key] == nil else { throw duplicate(key, prefix) }
        if numbers[entry.shardID] == nil {
          numbers[entry.shardID] = Int32(clamping: shards.count)
          shards.append((prefix, Int(entry.shardID), Int(bundle.header.numShards)))
        }
        entry.shardID = numbers[entry.shardID] ?? 0
        entries[key] = entry
      }
    }
    guard !merged.isEmpty else {
      throw .notFound("None of the checkpoints to merge exists: \(prefixes)")
    }
    try Paths.makeFolder(Paths.folder(of: target))
    for (number, source) in shards.enumerated() {
      try Paths.rename(
        TensorBundle.dataPath(source.prefix, shard: source.shard, of: source.count),
        to: TensorBundle.dataPath(target, shard: number, of: shards.count))
    }
    try TensorBundleWriter.writeIndex(
      target, shards: shards.count, entries, suffix: ".tempstate\(UInt64.random(in: .min ... .max))"
    )
    for prefix in merged where prefix != target {
      try Paths.remove(TensorBundle.indexPath(prefix))
    }
  }

  @inline(never)
  private static func duplicate(_ key: [UInt8], _ prefix: String) -> StatusError {
    .invalidArgument(
      "Duplicate tensor keyed by \(ByteString(bytes: key)) encountered, when merging prefix: "
        + prefix)
  }
}
