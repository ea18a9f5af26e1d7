import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Texts joined along some dimensions, in the order in which these are named.
public enum ReduceJoin: OpDeclaration {
  public static let signature = OpSignature(
    "ReduceJoin", inputs: ["inputs: string", "reduction_indices: int32"],
    outputs: ["output: string"],
    attributes: [
      "keep_dims: bool = false",
      "separator: string = \"\"",
    ])
  public static let shapes = ShapeFunction { context in
    let keepsDimensions = try context.attributes.bool("keep_dims")
    guard let sizes = context.input(0).sizes else { return }
    let rank = sizes.count
    guard let axes = try context.constant(1)?.integers() else {
      if keepsDimensions { context.setOutput(0, .unknown(rank: rank)) }
      return
    }
    var reduced = [Bool](repeating: false, count: rank)
    for axis in axes {
      guard axis >= -rank, axis < rank else {
        throw StatusError.invalidArgument(
          "Invalid reduction dimension \(axis) for input with \(rank) dimensions.")
      }
      reduced[axis < 0 ? axis + rank : axis] = true
    }
    var result: [Int?] = []
    for index in 0..<rank {
      if !reduced[index] {
        result.append(sizes[index])
      } else if keepsDimensions {
        result.append(1)
      }
    }
    context.setOutput(0, PartialShape(result))
  }
  public static let gradient = GradientRule.notDifferentiable(because: "texts have no derivatives")
  public static let kernels = KernelTable { try ReduceJoinKernel($0) }
}

private final class ReduceJoinKernel: Kernel {
  let keepsDimensions: Bool
  let separator: ByteString

  init(_ construction: KernelConstruction) throws(StatusError) {
    keepsDimensions = try construction.attributes.bool("keep_dims")
    separator = try construction.attributes.bytes("separator")
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try context.input(0)
    let named = try context.input(1).integers()
    let rank = input.shape.rank
    if named.isEmpty { return try context.setOutput(0, input) }
    var axes: [Int] = []
    for axis in named {
      guard axis >= -rank, axis < rank else {
        throw .outOfRange(
          "Invalid reduction dimension \(axis) for input with \(rank) dimension(s)")
      }
      let position = axis < 0 ? axis + rank : axis
      guard !axes.contains(position) else {
        throw .invalidArgument("Duplicate reduction dimension \(axis)")
      }
      axes.append(position)
    }
    let sizes = input.shape.sizes
    let strides = input.shape.strides
    let kept = (0..<rank).filter { !axes.contains($0) }
    let shape = try Shape(
      keepsDimensions
        ? (0..<rank).map { axes.contains($0) ? 1 : sizes[$0] } : kept.map { sizes[$0] })
    let steps = axes.reduce(1) { $0 &* sizes[$1] }
    let texts = try input.span(of: ByteString.self)
    try context.makeOutput(0, of: ByteString.self, shape: shape) { output throws(StatusError) in
      for index in 0..<output.count {
        let start = offset(index, kept.reversed(), sizes, strides)
        var bytes: [UInt8] = []
        // The axis that is named first walks fastest.
        for step in 0..<steps {
          if step > 0 { bytes += separator.bytes }
          bytes += texts[start &+ offset(step, axes, sizes, strides)].bytes
        }
        output[index] = ByteString(bytes: bytes)
      }
    }
  }

  /// Where element `index` of the dimensions `axes`, fastest first, stands.
  private func offset(
    _ index: Int, _ axes: some Sequence<Int>, _ sizes: [Int], _ strides: [Int]
  ) -> Int {
    var rest = index
    var result = 0
    for axis in axes where sizes[axis] > 0 {
      result = result &+ (rest % sizes[axis]) &* strides[axis]
      rest /= sizes[axis]
    }
    return result
  }
}

/// Texts of equal segment ids joined, in the order in which they stand.
public enum UnsortedSegmentJoin: OpDeclaration {
  public static let signature = OpSignature(
    "UnsortedSegmentJoin",
    inputs: ["inputs: string", "segment_ids: Tindices", "num_segments: Tnumsegments"],
    outputs: ["output: string"],
    attributes: [
      "separator: string = \"\"",
      "Tindices: {int32, int64}",
      "Tnumsegments: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction { context in
    let data = context.input(0)
    let ids = context.input(1)
    try context.requireRank(2, 0)
    let count = try context.constant(2)?.integers().first
    if let count, count < 0 {
      throw StatusError.invalidArgument(
        "Dimension size, given by scalar input 2, must be non-negative but is \(count)")
    }
    guard let idsRank = ids.rank else { return }
    try context.requireRank(0, atLeast: idsRank)
    guard let rank = data.rank else { return }
    for index in 0..<idsRank { _ = try ShapeContext.merge(data[index], ids[index]) }
    context.setOutput(
      0, PartialShape([count]).concatenated(with: data.dimensions(in: idsRank..<rank)))
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    SegmentJoinKernel(separator: try construction.attributes.bytes("separator"))
  }
}

private final class SegmentJoinKernel: Kernel {
  let separator: ByteString

  init(separator: ByteString) { self.separator = separator }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try context.input(0)
    let idTensor = try context.input(1)
    let countTensor = try context.input(2)
    guard countTensor.shape.isScalar, let count = try countTensor.integers().first else {
      throw .invalidArgument("Number of segments must be a scalar")
    }
    guard count >= 0 else {
      throw .invalidArgument("Number of segments must be non-negative but got \(count)")
    }
    let (rank, idsRank) = (input.shape.rank, idTensor.shape.rank)
    guard idsRank > 0, idsRank <= rank else {
      throw .invalidArgument(
        "Segment_id cannot have a rank of \(idsRank) for an input of rank \(rank)")
    }
    for index in 0..<idsRank where idTensor.shape[index] != input.shape[index] {
      throw .invalidArgument(
        "Segment dimension is \(idTensor.shape[index]) while input dimension is "
          + "\(input.shape[index]) in rank \(index)")
    }
    let ids = try idTensor.integers()
    for id in ids where id < 0 || id >= count {
      throw .invalidArgument(
        "segment_ids are not allowed to exceed num_segments or to have negative values.")
    }
    let width = input.shape.count(in: idsRank..<rank)
    let shape = try Shape([count] + input.shape.sizes[idsRank...])
    let texts = try input.span(of: ByteString.self)
    try context.makeOutput(0, of: ByteString.self, shape: shape) { output throws(StatusError) in
      for index in 0..<output.count { output[index] = .zero }
      for (entry, id) in ids.enumerated() {
        for column in 0..<width {
          let place = id &* width &+ column
          // Nothing separates a text from empty ones before it.
          if !output[place].isEmpty { output[place].bytes += separator.bytes }
          output[place].bytes += texts[entry &* width &+ column].bytes
        }
      }
    }
  }
}
