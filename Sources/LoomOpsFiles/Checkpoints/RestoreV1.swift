import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Reads a tensor from checkpoints of the first generation.
enum Restore: FileOp {
  static let signature = OpSignature(
    "Restore", inputs: ["file_pattern: string", "tensor_name: string"], outputs: ["tensor: dt"],
    attributes: ["dt: type", "preferred_shard: int = -1"], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    try context.requireRank(1, 0)
  }
  static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("dt").base
    return ClosureKernel { context in
      let pattern = try context.text(0, named: "file_pattern (the checkpoint file)").string
      let name = try context.text(1, named: "tensor_name").string
      let files = try SliceFileSet(matching: pattern)
      try context.setOutput(0, files.restore(name, nil, dtype, context.budget))
    }
  }
}

/// Reads a part of a tensor from checkpoints of the first generation.
enum RestoreSlice: FileOp {
  static let signature = OpSignature(
    "RestoreSlice",
    inputs: ["file_pattern: string", "tensor_name: string", "shape_and_slice: string"],
    outputs: ["tensor: dt"], attributes: ["dt: type", "preferred_shard: int = -1"],
    isStateful: true)
  static let shapes = ShapeFunction { context in
    for index in 0..<3 { try context.requireRank(index, 0) }
    guard let text: ByteString = try context.constant(2)?.element(0), !text.isEmpty else { return }
    context.setOutput(0, PartialShape(try ShapeAndSlice(text: text.string).sliceShape))
  }
  static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("dt").base
    return ClosureKernel { context in
      let pattern = try context.text(0, named: "file_pattern (the checkpoint file)").string
      let name = try context.text(1, named: "tensor_name").string
      let text = try context.text(2, named: "shape_and_slice")
      let part = text.isEmpty ? nil : try ShapeAndSlice(text: text.string)
      let files = try SliceFileSet(matching: pattern)
      try context.setOutput(0, files.restore(name, part, dtype, context.budget))
    }
  }
}
