import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Writes tensors, or parts of tensors, as a checkpoint of the second generation.
enum SaveV2: FileOp {
  static let signature = OpSignature(
    "SaveV2",
    inputs: [
      "prefix: string", "tensor_names: string", "shape_and_slices: string", "tensors: dtypes",
    ],
    attributes: ["dtypes: list(type) >= 1"], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    let names = try context.requireRank(1, 1)
    let slices = try context.requireRank(2, 1)
    let count = context.inputCount - 3
    _ = try ShapeContext.merge(names[0], count)
    _ = try ShapeContext.merge(slices[0], count)
  }
  static let kernels = KernelTable.closure { context in
    let prefix = try context.text(0, named: "prefix").string
    let (names, slices) = try CheckpointInputs.names(context, count: context.inputCount - 3)
    let writer = try TensorBundleWriter(prefix)
    for (index, name) in names.enumerated() {
      try context.checkCancellation()
      let tensor = try context.input(3 + index)
      if slices[index].isEmpty {
        try writer.add(name, tensor)
      } else {
        try writer.add(name, ShapeAndSlice(text: slices[index].string), tensor)
      }
    }
    try writer.finish()
  }
}

/// What the ops on checkpoints share.
enum CheckpointInputs {
  /// The names of inputs 1 and the slices of input 2.
  static func names(
    _ context: borrowing KernelContext, count: Int
  ) throws(StatusError) -> ([ByteString], [ByteString]) {
    let names = try context.texts(1, named: "tensor_names")
    let slices = try context.texts(2, named: "shape_and_slices")
    guard names.count == slices.count else {
      throw .invalidArgument(
        "tensor_names and shape_and_slices have different number of elements: \(names.count) vs. "
          + "\(slices.count)")
    }
    guard names.count == count else {
      throw .invalidArgument(
        "Got \(names.count) tensor names but \(count) tensors.")
    }
    return (names, slices)
  }
}
