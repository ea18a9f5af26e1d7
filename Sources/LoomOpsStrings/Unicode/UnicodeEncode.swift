import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Texts from a ragged matrix of characters.
public enum UnicodeEncode: OpDeclaration {
  public static let signature = OpSignature(
    "UnicodeEncode", inputs: ["input_values: int32", "input_splits: Tsplits"],
    outputs: ["output: string"],
    attributes: [
      "errors: {'ignore', 'replace', 'strict'} = \"replace\"",
      "output_encoding: {'UTF-8', 'UTF-16-BE', 'UTF-32-BE'}",
      "replacement_char: int = 65533",
      "Tsplits: {int32, int64} = int64",
    ])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(0, 1)
    let splits = try context.requireRank(1, 1)
    context.setOutput(0, [splits[0].flatMap { $0 > 0 ? $0 - 1 : nil }])
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { try UnicodeEncodeKernel($0) }
}

private final class UnicodeEncodeKernel: Kernel {
  let encoding: TextEncoding.Output
  let errors: UnicodeErrors

  init(_ construction: KernelConstruction) throws(StatusError) {
    errors = try UnicodeErrors(construction)
    encoding = try TextEncoding.Output(named: construction.attributes.string("output_encoding"))
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let values = try context.input(0).scalars(of: Int32.self)
    let splits = try context.input(1).integers()
    guard let first = splits.first, let last = splits.last else {
      throw .invalidArgument(
        "Input_splits should contain elements, but given input_values has 0 elements")
    }
    guard first == 0 else { throw .invalidArgument("First value in input_splits must be zero.") }
    guard last == values.count else {
      throw .invalidArgument(
        "Last value in input_splits must be equal to length of input_tensor.")
    }
    for (low, high) in zip(splits, splits.dropFirst()) where low > high || high > values.count {
      throw .invalidArgument("Values in input_splits must be equal or in ascending order.")
    }
    var texts: [ByteString] = []
    for (low, high) in zip(splits, splits.dropFirst()) {
      var bytes: [UInt8] = []
      for value in values[low..<high] {
        let isCharacter = (0...0x10_FFFF).contains(value) && !(0xD800..<0xE000).contains(value)
        if !isCharacter, errors.policy == .strict {
          throw .invalidArgument("Code point is out of range for Unicode, or is a surrogate.")
        }
        let scalar = isCharacter ? UInt32(bitPattern: value) : nil
        if let scalar = try errors.resolve(scalar) { encoding.append(scalar, to: &bytes) }
      }
      texts.append(ByteString(bytes: bytes))
    }
    try context.setVector(0, texts)
  }
}

/// Texts in another encoding.
public enum UnicodeTranscode: OpDeclaration {
  public static let signature = OpSignature(
    "UnicodeTranscode", inputs: ["input: string"], outputs: ["output: string"],
    attributes: [
      "input_encoding: string",
      "output_encoding: {'UTF-8', 'UTF-16-BE', 'UTF-32-BE'}",
      "errors: {'strict', 'replace', 'ignore'} = \"replace\"",
      "replacement_char: int = 65533",
      "replace_control_characters: bool = false",
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    let errors = try UnicodeErrors(construction)
    let source = try TextEncoding(named: construction.attributes.string("input_encoding"))
    let target = try TextEncoding.Output(
      named: construction.attributes.string("output_encoding"))
    return ClosureKernel { context in
      try context.mapTexts(to: ByteString.self) { text throws(StatusError) in
        var bytes: [UInt8] = []
        for unit in source.decode(text.bytes) {
          // Here a character that is to be replaced counts as malformed.
          if errors.policy == .strict, let scalar = unit.scalar, errors.replaces(scalar) {
            throw .invalidArgument("Invalid formatting on input string")
          }
          if let scalar = try errors.resolve(unit.scalar) { target.append(scalar, to: &bytes) }
        }
        return ByteString(bytes: bytes)
      }
    }
  }
}
