import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// The name of one of many files: `name-00001-of-00005`.
enum ShardedFilename: FileOp {
  static let signature = OpSignature(
    "ShardedFilename", inputs: ["basename: string", "shard: int32", "num_shards: int32"],
    outputs: ["filename: string"])
  static let shapes = ShapeFunction { context in
    for index in 0..<3 { try context.requireRank(index, 0) }
    context.setOutput(0, .scalar)
  }
  static let properties = OpProperties()
  static let kernels = KernelTable.closure { context in
    try context.requireScalars(["basename", "shard", "num_shards"])
    let name = try context.text(0, named: "basename")
    let shard = Int(try context.scalar(1, of: Int32.self))
    let count = Int(try context.scalar(2, of: Int32.self))
    let suffix = "-\(TensorBundle.padded(shard))-of-\(TensorBundle.padded(count))"
    try context.setScalar(0, ByteString(bytes: name.bytes + Array(suffix.utf8)))
  }
}

/// A pattern for the names of all of them: `name-?????-of-00005`.
enum ShardedFilespec: FileOp {
  static let signature = OpSignature(
    "ShardedFilespec", inputs: ["basename: string", "num_shards: int32"],
    outputs: ["filename: string"])
  static let shapes = ShapeFunction { context in
    for index in 0..<2 { try context.requireRank(index, 0) }
    context.setOutput(0, .scalar)
  }
  static let properties = OpProperties()
  static let kernels = KernelTable.closure { context in
    try context.requireScalars(["basename", "num_shards"])
    let name = try context.text(0, named: "basename")
    let count = Int(try context.scalar(1, of: Int32.self))
    let suffix = "-?????-of-\(TensorBundle.padded(count))"
    try context.setScalar(0, ByteString(bytes: name.bytes + Array(suffix.utf8)))
  }
}

extension KernelContext {
  /// - Throws: ``StatusError/Code/invalidArgument`` if one of the first inputs is no scalar.
  fileprivate func requireScalars(_ names: [String]) throws(StatusError) {
    for (index, name) in names.enumerated() {
      let shape = try input(index).shape
      guard shape.isScalar else {
        throw .invalidArgument("\(name) must be a scalar, got shape \(shape)")
      }
    }
  }
}
