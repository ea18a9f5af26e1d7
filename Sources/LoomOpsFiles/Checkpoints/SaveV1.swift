import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Writes tensors as a checkpoint of the first generation.
enum Save: FileOp {
  static let signature = OpSignature(
    "Save", inputs: ["filename: string", "tensor_names: string", "data: T"],
    attributes: ["T: list(type) >= 1"], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    let names = try context.requireRank(1, 1)
    _ = try ShapeContext.merge(names[0], context.inputCount - 2)
  }
  static let kernels = KernelTable.closure { context in
    try SaveV1.write(context, first: 2, slices: nil)
  }
}

/// Writes parts of tensors as a checkpoint of the first generation.
enum SaveSlices: FileOp {
  static let signature = OpSignature(
    "SaveSlices",
    inputs: [
      "filename: string", "tensor_names: string", "shapes_and_slices: string", "data: T",
    ],
    attributes: ["T: list(type) >= 1"], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    let names = try context.requireRank(1, 1)
    let slices = try context.requireRank(2, 1)
    _ = try ShapeContext.merge(names[0], context.inputCount - 3)
    _ = try ShapeContext.merge(slices[0], context.inputCount - 3)
  }
  static let kernels = KernelTable.closure { context in
    try SaveV1.write(
      context, first: 3, slices: context.texts(2, named: "shapes_and_slices"))
  }
}

private enum SaveV1 {
  static func write(
    _ context: borrowing KernelContext, first: Int, slices: [ByteString]?
  ) throws(StatusError) {
    let path = try context.text(0, named: "filename").string
    let names = try context.texts(1, named: "tensor_names")
    guard names.count == context.inputCount - first else {
      throw .invalidArgument(
        "Got \(names.count) tensor names but \(context.inputCount - first) tensors.")
    }
    if let slices, slices.count != names.count {
      throw .invalidArgument(
        "Got \(names.count) tensor names, and \(slices.count) slice specifications.")
    }
    var writer = SliceFileWriter(path)
    for (index, name) in names.enumerated() {
      let tensor = try context.input(first + index)
      let text = slices?[index] ?? ByteString()
      let part =
        text.isEmpty ? ShapeAndSlice(whole: tensor.shape) : try ShapeAndSlice(text: text.string)
      try writer.add(name.string, part, tensor)
    }
    try writer.finish()
  }
}
