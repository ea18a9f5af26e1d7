import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// The bytes of a file.
enum ReadFile: FileOp {
  static let signature = OpSignature(
    "ReadFile", inputs: ["filename: string"], outputs: ["contents: string"])
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    context.setOutput(0, .scalar)
  }
  static let kernels = KernelTable.closure { context in
    let name = try context.input(0)
    guard name.shape.isScalar else {
      throw StatusError.invalidArgument("Input filename tensor must be scalar, got \(name.shape)")
    }
    let stream = try ByteStream(name.element(0, of: ByteString.self).string)
    try context.setScalar(0, ByteString(bytes: stream.readAll()))
  }
}

/// Writes a file, and the folders it lies in.
enum WriteFile: FileOp {
  static let signature = OpSignature(
    "WriteFile", inputs: ["filename: string", "contents: string"], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    try context.requireRank(1, 0)
  }
  static let kernels = KernelTable.closure { context in
    let (name, contents) = (try context.input(0), try context.input(1))
    guard name.shape.isScalar else {
      throw StatusError.invalidArgument("Input filename tensor must be scalar, got \(name.shape)")
    }
    guard contents.shape.isScalar else {
      throw StatusError.invalidArgument("Contents tensor must be scalar, got \(contents.shape)")
    }
    let path = try name.element(0, of: ByteString.self).string
    try Paths.makeFolder(Paths.folder(of: path))
    try OpenFile(writing: path).write(contents.element(0, of: ByteString.self).bytes)
  }
}

/// The files whose paths match patterns, sorted.
enum MatchingFiles: FileOp {
  static let signature = OpSignature(
    "MatchingFiles", inputs: ["pattern: string"], outputs: ["filenames: string"])
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, atMost: 1)
    context.setOutput(0, [nil])
  }
  static let kernels = KernelTable.closure { context in
    let patterns = try context.input(0)
    guard patterns.shape.rank <= 1 else {
      throw StatusError.invalidArgument(
        "Input patterns tensor must be scalar or vector, but had shape: \(patterns.shape)")
    }
    var found: [String] = []
    for pattern in try patterns.scalars(of: ByteString.self) {
      found += Paths.matching(pattern.string)
    }
    try context.setTexts(0, found.sorted().map { ByteString($0) })
  }
}

/// Texts that were compressed.
enum DecodeCompressed: FileOp {
  static let signature = OpSignature(
    "DecodeCompressed", inputs: ["bytes: string"], outputs: ["output: string"],
    attributes: ["compression_type: string = \"\""])
  static let shapes = ShapeFunction.unchanged
  static let properties = OpProperties()
  static let kernels = KernelTable { construction in
    let name = try construction.attributes.string("compression_type")
    guard ["", "ZLIB", "GZIP"].contains(name) else {
      throw StatusError.invalidArgument("Only ZLIB, GZIP or NONE are supported compressions")
    }
    let compression = try Compression(name: name)
    return ClosureKernel { context in
      let input = try context.input(0)
      var texts: [ByteString] = []
      for text in try input.scalars(of: ByteString.self) {
        texts.append(ByteString(bytes: try compression.decompress(text.bytes)))
      }
      try context.setTexts(0, texts, shape: input.shape)
    }
  }
}
