import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsData

/// The paths that match patterns.
enum MatchingFilesDataset: DatasetOp {
  static let signature = OpSignature(
    "MatchingFilesDataset", inputs: ["patterns: string"], outputs: ["handle: variant"],
    isStateful: true)

  static func make(_ node: KernelConstruction) -> DatasetMaker {
    DatasetMaker { context in
      let patterns = try context.input(0)
      guard patterns.shape.rank <= 1 else {
        throw StatusError.invalidArgument("`patterns` must be a scalar or a vector.")
      }
      let texts = try patterns.scalars(of: ByteString.self).map(\.string)
      return FileDataset(count: 1) { _ in
        let found = texts.flatMap { Paths.matching($0) }
        guard !found.isEmpty else {
          throw StatusError.notFound("Don't find any matched files")
        }
        var left = found.sorted()[...]
        return TextStream { left.popFirst().map { Array($0.utf8) } }
      }
    }
  }
}
