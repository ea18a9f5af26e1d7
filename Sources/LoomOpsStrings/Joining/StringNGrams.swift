import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Runs of neighbouring texts, joined, for each row of a ragged matrix.
public enum StringNGrams: OpDeclaration {
  public static let signature = OpSignature(
    "StringNGrams", inputs: ["data: string", "data_splits: Tsplits"],
    outputs: ["ngrams: string", "ngrams_splits: Tsplits"],
    attributes: [
      "separator: string",
      "ngram_widths: list(int) >= 0",
      "left_pad: string",
      "right_pad: string",
      "pad_width: int",
      "preserve_short_sequences: bool",
      "Tsplits: {int32, int64} = int64",
    ])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(0, 1)
    let splits = try context.requireRank(1, 1)
    context.setOutput(0, [nil])
    context.setOutput(1, splits)
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { try StringNGramsKernel($0) }
}

private final class StringNGramsKernel: Kernel {
  let separator: [UInt8]
  let leftPad: [UInt8]
  let rightPad: [UInt8]
  let widths: [Int]
  let padWidth: Int
  let preservesShort: Bool
  let splitType: DType

  init(_ construction: KernelConstruction) throws(StatusError) {
    let attributes = construction.attributes
    separator = try attributes.bytes("separator").bytes
    leftPad = try attributes.bytes("left_pad").bytes
    rightPad = try attributes.bytes("right_pad").bytes
    widths = try attributes.ints("ngram_widths")
    padWidth = try attributes.int("pad_width")
    preservesShort = try attributes.bool("preserve_short_sequences")
    splitType = try construction.outputType(1)
    for width in widths where width <= 0 || width > Int(Int32.max) {
      throw .invalidArgument("ngram_widths must contain positive values")
    }
    guard padWidth <= Int(Int32.max) else {
      throw .invalidArgument(
        "Pad width could lead to integer overflow, got pad_width = \(padWidth)")
    }
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let texts = try context.input(0).scalars(of: ByteString.self)
    let splits = try context.input(1).integers()
    try check(splits, count: texts.count)
    if splits.isEmpty || texts.isEmpty {
      try context.setVector(0, [ByteString](repeating: .zero, count: texts.count))
      return try context.setVector(
        1, [Int](repeating: 0, count: splits.count), dtype: splitType)
    }
    var grams: [ByteString] = []
    var ends = [0]
    for (low, high) in zip(splits, splits.dropFirst()) {
      try context.checkCancellation()
      let row = texts[low..<high]
      let before = grams.count
      for width in widths { append(row, width: width, to: &grams) }
      if preservesShort, grams.count == before, !row.isEmpty {
        // Dynamic padding would have given at least one.
        append(row, width: row.count + 2 * Swift.max(padWidth, 0), count: 1, to: &grams)
      }
      ends.append(grams.count)
    }
    try context.setVector(0, grams)
    try context.setVector(1, ends, dtype: splitType)
  }

  private func check(_ splits: [Int], count: Int) throws(StatusError) {
    guard let first = splits.first, let last = splits.last else { return }
    guard first == 0 else {
      throw .invalidArgument("First split value must be 0, got \(first)")
    }
    var previous = 0
    for split in splits {
      guard split >= previous, split <= count else {
        throw .invalidArgument(
          "Invalid split value \(split), must be in [\(previous), \(count)]")
      }
      previous = split
    }
    guard last == count else {
      throw .invalidArgument(
        "Last split value must be data size. Expected \(count), got \(last)")
    }
  }

  /// Padding is never as wide as the run.
  private func padding(_ width: Int) -> Int {
    Swift.min(padWidth < 0 ? width - 1 : padWidth, width - 1)
  }

  private func append(
    _ row: ArraySlice<ByteString>, width: Int, count: Int? = nil, to grams: inout [ByteString]
  ) {
    let padding = padding(width)
    let count = count ?? Swift.max(0, row.count + 2 * padding - width + 1)
    for index in 0..<count {
      let left = Swift.max(0, padding - index)
      let right = Swift.max(0, padding - (count - index - 1))
      let tokens = Swift.max(0, width - left - right)
      let start = row.startIndex + (left > 0 ? 0 : index - padding)
      var parts = [[UInt8]](repeating: leftPad, count: left)
      for text in row[start...].prefix(tokens) { parts.append(text.bytes) }
      parts += [[UInt8]](repeating: rightPad, count: right)
      grams.append(ByteString(bytes: Array(parts.joined(separator: separator))))
    }
  }
}
