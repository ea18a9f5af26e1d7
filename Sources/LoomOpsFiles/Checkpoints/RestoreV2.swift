import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Reads tensors, or parts of tensors, from a checkpoint of either generation.
enum RestoreV2: FileOp {
  static let signature = OpSignature(
    "RestoreV2", inputs: ["prefix: string", "tensor_names: string", "shape_and_slices: string"],
    outputs: ["tensors: dtypes"], attributes: ["dtypes: list(type) >= 1"], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    let names = try context.requireRank(1, 1)
    let slices = try context.requireRank(2, 1)
    _ = try ShapeContext.merge(names[0], slices[0])
    _ = try ShapeContext.merge(slices[0], context.outputCount)
    guard let slices = try context.constant(2)?.scalars(of: ByteString.self),
      slices.count == context.outputCount
    else { return }
    for (index, slice) in slices.enumerated() where !slice.isEmpty {
      context.setOutput(index, PartialShape(try ShapeAndSlice(text: slice.string).sliceShape))
    }
  }
  static let kernels = KernelTable { construction in
    let types = try construction.attributes.types("dtypes").map(\.base)
    return ClosureKernel { try compute($0, types) }
  }

  private static func compute(
    _ context: borrowing KernelContext, _ types: [DType]
  ) throws(StatusError) {
    let prefix = try context.text(0, named: "prefix").string
    let (names, slices) = try CheckpointInputs.names(context, count: types.count)
    guard TensorBundle.exists(prefix) else {
      let files = try SliceFileSet(matching: prefix)
      for (index, name) in names.enumerated() {
        let part = slices[index].isEmpty ? nil : try ShapeAndSlice(text: slices[index].string)
        try context.setOutput(index, files.restore(name.string, part, types[index], context.budget))
      }
      return
    }
    let bundle = try TensorBundle(prefix)
    for (index, name) in names.enumerated() {
      try context.checkCancellation()
      let entry = try bundle.entry(name)
      guard entry.dtype == types[index] else {
        throw .invalidArgument(
          "tensor_name = \(name); expected dtype \(types[index]) does not equal original dtype "
            + entry.dtype.name)
      }
      var slice: TensorSlice?
      if !slices[index].isEmpty {
        let part = try ShapeAndSlice(text: slices[index].string)
        guard part.shape == entry.shape else {
          throw .invalidArgument(
            "tensor_name = \(name); shape in shape_and_slice spec \(part.shape) does not match the "
              + "shape stored in checkpoint: \(entry.shape)")
        }
        slice = part.slice
      }
      try context.setOutput(index, bundle.read(name, slice: slice, budget: context.budget))
    }
  }
}

extension SliceFileSet {
  /// A tensor, or a part of it, of a known dtype.
  func restore(
    _ name: String, _ part: ShapeAndSlice?, _ dtype: DType, _ budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    guard let entry = entry(name) else {
      throw .notFound("Tensor name \"\(name)\" not found in checkpoint files")
    }
    guard entry.dtype == dtype else {
      throw .invalidArgument(
        "Expected to restore a tensor of type \(dtype), got a tensor of type \(entry.dtype) "
          + "instead: tensor_name = \(name)")
    }
    if let part, part.shape != entry.shape {
      throw .invalidArgument(
        "Shape in shape_and_slice spec does not match the shape in the save file: \(part.shape), "
          + "save file shape: \(entry.shape)")
    }
    return try read(name, slice: part?.slice, budget: budget)
  }
}
