import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Texts split at any of some bytes; the parts as a sparse matrix.
public enum StringSplit: OpDeclaration {
  public static let signature = OpSignature(
    "StringSplit", inputs: ["input: string", "delimiter: string"],
    outputs: ["indices: int64", "values: string", "shape: int64"],
    attributes: [
      "skip_empty: bool = true"
    ])
  public static let shapes = ShapeFunction { try $0.setSplitShapes() }
  public static let gradient = GradientRule.notDifferentiable(because: "texts have no derivatives")
  public static let kernels = KernelTable { construction in
    let skipsEmpty = try construction.attributes.bool("skip_empty")
    return ClosureKernel { context in
      let delimiters = Set(try context.text(1, named: "delimiter").bytes)
      try context.setParts { text in
        if text.isEmpty { return [] }
        if delimiters.isEmpty { return text.bytes.map { [$0] } }
        return text.bytes.split(
          omittingEmptySubsequences: skipsEmpty, whereSeparator: delimiters.contains
        ).map { Array($0) }
      }
    }
  }
}

/// Texts split at a separator, or at runs of white space; the parts as a sparse matrix.
public enum StringSplitV2: OpDeclaration {
  public static let signature = OpSignature(
    "StringSplitV2", inputs: ["input: string", "sep: string"],
    outputs: ["indices: int64", "values: string", "shape: int64"],
    attributes: [
      "maxsplit: int = -1"
    ])
  public static let shapes = ShapeFunction { try $0.setSplitShapes() }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    let limit = try construction.attributes.int("maxsplit")
    return ClosureKernel { context in
      let separator = try context.text(1, named: "sep").bytes
      try context.setParts { text in
        separator.isEmpty
          ? TextSplit.atSpaces(text.bytes, limit: limit)
          : TextSplit.at(separator, text.bytes, limit: limit)
      }
    }
  }
}

extension ShapeContext {
  fileprivate func setSplitShapes() throws(StatusError) {
    try requireRank(0, 1)
    try requireRank(1, 0)
    setOutput(0, [nil, 2])
    setOutput(1, [nil])
    setOutput(2, [2])
  }
}

extension KernelContext {
  /// Sets indices, values and shape of a sparse matrix whose rows are the parts of each text.
  fileprivate func setParts(_ split: (ByteString) -> [[UInt8]]) throws(StatusError) {
    let input = try input(0)
    guard input.shape.rank == 1 else {
      throw .invalidArgument("input must be a vector, got shape: \(input.shape)")
    }
    var values: [ByteString] = []
    var indices: [Int64] = []
    var longest = 0
    for (row, text) in try input.scalars(of: ByteString.self).enumerated() {
      let parts = split(text)
      for (column, part) in parts.enumerated() {
        values.append(ByteString(bytes: part))
        indices.append(Int64(row))
        indices.append(Int64(column))
      }
      longest = Swift.max(longest, parts.count)
    }
    let pairs = indices
    try makeOutput(0, of: Int64.self, shape: Shape([values.count, 2])) {
      output throws(StatusError) in
      for index in pairs.indices { output[index] = pairs[index] }
    }
    try setVector(1, values)
    try setVector(2, [Int64(input.elementCount), Int64(longest)])
  }
}

/// Ways to split a text.
enum TextSplit {
  /// At most `limit` splits, any number if it is negative.
  static func at(_ separator: [UInt8], _ text: [UInt8], limit: Int) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var start = 0
    var position = 0
    while position + separator.count <= text.count, limit < 0 || parts.count < limit {
      if text[position..<position + separator.count].elementsEqual(separator) {
        parts.append(Array(text[start..<position]))
        position += separator.count
        start = position
      } else {
        position += 1
      }
    }
    parts.append(Array(text[start...]))
    return parts
  }

  /// At runs of white space; the text's own ends give no parts, unless a limit leaves a rest.
  static func atSpaces(_ text: [UInt8], limit: Int) -> [[UInt8]] {
    if limit == 0 { return [text] }
    var parts: [[UInt8]] = []
    var rest = text[...].drop(while: NumberParser.isSpace)
    while !rest.isEmpty {
      let part = rest.prefix { !NumberParser.isSpace($0) }
      parts.append(Array(part))
      rest = rest[part.endIndex...].drop(while: NumberParser.isSpace)
      if parts.count == limit {
        parts.append(Array(rest))
        break
      }
    }
    return parts
  }
}
