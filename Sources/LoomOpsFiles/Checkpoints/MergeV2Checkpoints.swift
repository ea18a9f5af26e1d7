import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Joins the checkpoints that the parts of a sharded save have written.
enum MergeV2Checkpoints: FileOp {
  static let signature = OpSignature(
    "MergeV2Checkpoints", inputs: ["checkpoint_prefixes: string", "destination_prefix: string"],
    attributes: ["delete_old_dirs: bool = true", "allow_missing_files: bool = false"],
    isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 1)
    try context.requireRank(1, 0)
  }
  static let kernels = KernelTable { construction in
    let deletes = try construction.attributes.bool("delete_old_dirs")
    let allowsMissing = try construction.attributes.bool("allow_missing_files")
    return ClosureKernel { context in
      let prefixes = try context.texts(0, named: "checkpoint_prefixes").map(\.string)
      guard try context.input(1).shape.isScalar else {
        throw StatusError.invalidArgument("Input destination_prefix should be a scalar tensor")
      }
      let target = try context.text(1, named: "destination_prefix").string
      try BundleMerge.merge(prefixes, into: target, allowsMissing: allowsMissing)
      guard deletes else { return }
      let kept = Paths.folder(of: target)
      for folder in Set(prefixes.map { Paths.folder(of: $0) }) where folder != kept {
        // A folder with other files in it stays, as it does in TensorFlow.
        try? Paths.removeFolder(folder)
      }
    }
  }
}
