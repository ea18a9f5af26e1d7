public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Picks boxes by score and drops those that overlap a picked one too much.
///
/// Boxes are `[y1, x1, y2, x2]` by any two opposite corners; equal scores count by index.
public enum NonMaxSuppression: OpDeclaration {
  public static let signature = OpSignature(
    "NonMaxSuppression", inputs: ["boxes: float", "scores: float", "max_output_size: int32"],
    outputs: ["selected_indices: int32"], attributes: ["iou_threshold: float = 0.5"])
  public static let shapes = ShapeFunction { context in
    try inferSuppression(context, scalars: 2..<3)
    context.setOutput(0, [nil])
  }
  public static let gradient = GradientRule.notDifferentiable(because: "indices are not continuous")
  public static let kernels = KernelTable { construction in
    let threshold = try construction.attributes.float("iou_threshold")
    try checkOverlap(threshold)
    return ClosureKernel { context in
      let result = try SuppressionInputs(context).select(overlap: threshold)
      try setIndices(context, result.indices)
    }
  }
}

/// ``NonMaxSuppression`` whose threshold is a tensor.
public enum NonMaxSuppressionV2: OpDeclaration {
  public static let signature = OpSignature(
    "NonMaxSuppressionV2",
    inputs: ["boxes: T", "scores: T", "max_output_size: int32", "iou_threshold: T_threshold"],
    outputs: ["selected_indices: int32"],
    attributes: ["T: {half, float} = float", "T_threshold: {half, float} = float"])
  public static let shapes = ShapeFunction { context in
    try inferSuppression(context, scalars: 2..<4)
    context.setOutput(0, [nil])
  }
  public static let gradient = GradientRule.notDifferentiable(because: "indices are not continuous")
  public static let kernels = KernelTable(where: ["T": [.half, .float]]) { _ in
    ClosureKernel { context in
      let threshold = try suppressionScalar(context, 3, "iou_threshold")
      try checkOverlap(threshold)
      let result = try SuppressionInputs(context).select(overlap: threshold)
      try setIndices(context, result.indices)
    }
  }
}

/// ``NonMaxSuppressionV2`` that passes over boxes of low scores.
public enum NonMaxSuppressionV3: OpDeclaration {
  public static let signature = OpSignature(
    "NonMaxSuppressionV3",
    inputs: [
      "boxes: T", "scores: T", "max_output_size: int32", "iou_threshold: T_threshold",
      "score_threshold: T_threshold",
    ], outputs: ["selected_indices: int32"],
    attributes: ["T: {half, float} = float", "T_threshold: {half, float} = float"])
  public static let shapes = ShapeFunction { context in
    try inferSuppression(context, scalars: 2..<5)
    context.setOutput(0, [nil])
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": [.half, .float]]) { _ in
    ClosureKernel { context in
      let overlap = try suppressionScalar(context, 3, "iou_threshold")
      let score = try suppressionScalar(context, 4, "score_threshold")
      try checkOverlap(overlap)
      let result = try SuppressionInputs(context).select(overlap: overlap, score: score)
      try setIndices(context, result.indices)
    }
  }
}

/// ``NonMaxSuppressionV3`` that can pad its result, and says how many indices count.
public enum NonMaxSuppressionV4: OpDeclaration {
  public static let signature = OpSignature(
    "NonMaxSuppressionV4",
    inputs: [
      "boxes: T", "scores: T", "max_output_size: int32", "iou_threshold: T_threshold",
      "score_threshold: T_threshold",
    ], outputs: ["selected_indices: int32", "valid_outputs: int32"],
    attributes: [
      "T: {half, float} = float", "T_threshold: {half, float} = float",
      "pad_to_max_output_size: bool = false",
    ])
  public static let shapes = ShapeFunction { context in
    try inferSuppression(context, scalars: 2..<5)
    let pads = try context.attributes.bool("pad_to_max_output_size")
    context.setOutput(0, [pads ? context.partialValue(2)?.first ?? nil : nil])
    context.setOutput(1, .scalar)
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": [.half, .float]]) { construction in
    let pads = try construction.attributes.bool("pad_to_max_output_size")
    return ClosureKernel { context in
      let overlap = try suppressionScalar(context, 3, "iou_threshold")
      let score = try suppressionScalar(context, 4, "score_threshold")
      try checkOverlap(overlap)
      let inputs = try SuppressionInputs(context)
      var indices = try inputs.select(overlap: overlap, score: score).indices
      let count = indices.count
      if pads { try inputs.pad(&indices, with: 0, context) }
      try setIndices(context, indices)
      try context.setOutput(1, AnyTensor(scalar: Int32(clamping: count)))
    }
  }
}

/// ``NonMaxSuppressionV4`` that can lower scores of overlapping boxes instead of dropping them
/// (Bodla et al., Soft-NMS, 2017).
public enum NonMaxSuppressionV5: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "NonMaxSuppressionV5",
    inputs: [
      "boxes: T", "scores: T", "max_output_size: int32", "iou_threshold: T", "score_threshold: T",
      "soft_nms_sigma: T",
    ], outputs: ["selected_indices: int32", "selected_scores: T", "valid_outputs: int32"],
    attributes: ["T: {half, float} = float", "pad_to_max_output_size: bool = false"])
  public static let shapes = ShapeFunction { context in
    try inferSuppression(context, scalars: 2..<6)
    let pads = try context.attributes.bool("pad_to_max_output_size")
    let length = pads ? context.partialValue(2)?.first ?? nil : nil
    context.setOutput(0, [length])
    context.setOutput(1, [length])
    context.setOutput(2, .scalar)
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(
    NonMaxSuppressionV5.self, over: [.half, .float])

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let pads = try construction.attributes.bool("pad_to_max_output_size")
    return ClosureKernel { context in
      let overlap = try suppressionScalar(context, 3, "iou_threshold")
      let score = try suppressionScalar(context, 4, "score_threshold")
      let sigma = try suppressionScalar(context, 5, "soft_nms_sigma")
      try checkOverlap(overlap)
      guard sigma >= 0 else {
        throw StatusError.invalidArgument("soft_nms_sigma must be non-negative, got \(sigma)")
      }
      let inputs = try SuppressionInputs(context)
      var (indices, scores) = try inputs.select(overlap: overlap, score: score, sigma: sigma)
      let count = indices.count
      if pads {
        try inputs.pad(&indices, with: 0, context)
        try inputs.pad(&scores, with: 0, context)
      }
      try setIndices(context, indices)
      try context.makeOutput(1, of: Scalar.self, shape: Shape(vector: scores.count)) { output in
        for index in scores.indices { output[index] = Scalar(converting: Double(scores[index])) }
      }
      try context.setOutput(2, AnyTensor(scalar: Int32(clamping: count)))
    }
  }
}

/// ``NonMaxSuppressionV3`` for overlaps that are given as a matrix.
public enum NonMaxSuppressionWithOverlaps: OpDeclaration {
  public static let signature = OpSignature(
    "NonMaxSuppressionWithOverlaps",
    inputs: [
      "overlaps: float", "scores: float", "max_output_size: int32", "overlap_threshold: float",
      "score_threshold: float",
    ], outputs: ["selected_indices: int32"])
  public static let shapes = ShapeFunction { context in
    let overlaps = try context.requireRank(0, 2)
    let scores = try context.requireRank(1, 1)
    for index in 2..<5 { try context.requireRank(index, 0) }
    let count = try ShapeContext.merge(overlaps[0], scores[0])
    _ = try ShapeContext.merge(overlaps[1], count)
    context.setOutput(0, [nil])
  }
  public static let gradient = GradientRule.notDifferentiable(because: "indices are not continuous")
  public static let kernels = KernelTable { _ in
    ClosureKernel { context in
      let threshold = try suppressionScalar(context, 3, "overlap_threshold")
      let score = try suppressionScalar(context, 4, "score_threshold")
      let result = try SuppressionInputs(context, givenOverlaps: true).select(
        overlap: threshold, score: score)
      try setIndices(context, result.indices)
    }
  }
}

private func checkOverlap(_ threshold: Float) throws(StatusError) {
  guard threshold >= 0, threshold <= 1 else {
    throw .invalidArgument("iou_threshold must be in [0, 1]")
  }
}

private func setIndices(
  _ context: borrowing KernelContext, _ indices: [Int]
) throws(StatusError) {
  try context.makeOutput(0, of: Int32.self, shape: Shape(vector: indices.count)) { output in
    for index in indices.indices { output[index] = Int32(clamping: indices[index]) }
  }
}

/// Boxes `[n, 4]`, scores `[n]`, and scalars.
private func inferSuppression(
  _ context: ShapeContext, scalars: Range<Int>
) throws(StatusError) {
  let boxes = try context.requireRank(0, 2)
  let scores = try context.requireRank(1, 1)
  for index in scalars { try context.requireRank(index, 0) }
  _ = try ShapeContext.merge(boxes[0], scores[0])
  if let columns = boxes[1], columns != 4 {
    throw .invalidArgument("Dimension must be 4 but is \(columns)")
  }
}
