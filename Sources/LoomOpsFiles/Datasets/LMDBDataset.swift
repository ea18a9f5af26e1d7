import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsData

/// The keys and values of LMDB databases. TensorFlow knows the op, but reads no such files any more.
enum LMDBDataset: DatasetOp {
  static let signature = OpSignature(
    "LMDBDataset", inputs: ["filenames: string"], outputs: ["handle: variant"],
    attributes: DatasetAttributes.elements, isStateful: true)

  static func make(_ node: KernelConstruction) -> DatasetMaker { maker }

  fileprivate static let maker = DatasetMaker { context in
    let files = try context.fileNames()
    let pairs = ElementSpecification(types: [.string, .string], shapes: [.scalar, .scalar])
    return FileDataset(count: files.count, elements: pairs) { index in
      DatabaseStream(try LMDBFile(files[index]))
    }
  }
}

/// The first name of ``LMDBDataset``.
enum ExperimentalLMDBDataset: DatasetOp {
  static let signature = OpSignature(
    "ExperimentalLMDBDataset", inputs: ["filenames: string"], outputs: ["handle: variant"],
    attributes: DatasetAttributes.elements, isStateful: true)

  static func make(_ node: KernelConstruction) -> DatasetMaker { LMDBDataset.maker }
}

private final class DatabaseStream: ElementStream {
  private let file: LMDBFile

  init(_ file: LMDBFile) { self.file = file }

  func next() throws(StatusError) -> [AnyTensor]? {
    guard let (key, value) = try file.next() else { return nil }
    return [
      try AnyTensor(scalar: ByteString(bytes: key)),
      try AnyTensor(scalar: ByteString(bytes: value)),
    ]
  }
}
