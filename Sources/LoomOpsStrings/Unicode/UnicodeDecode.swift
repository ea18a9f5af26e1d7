import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The characters of texts, as a ragged matrix.
public enum UnicodeDecode: OpDeclaration {
  public static let signature = OpSignature(
    "UnicodeDecode", inputs: ["input: string"],
    outputs: ["row_splits: Tsplits", "char_values: int32"],
    attributes: [
      "input_encoding: string",
      "errors: {'strict', 'replace', 'ignore'} = \"replace\"",
      "replacement_char: int = 65533",
      "replace_control_characters: bool = false",
      "Tsplits: {int32, int64} = int64",
    ])
  public static let shapes = ShapeFunction { try $0.setCharacterShapes() }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { try UnicodeDecodeKernel($0, givesOffsets: false) }
}

/// The characters of texts and where each begins, as a ragged matrix.
public enum UnicodeDecodeWithOffsets: OpDeclaration {
  public static let signature = OpSignature(
    "UnicodeDecodeWithOffsets", inputs: ["input: string"],
    outputs: ["row_splits: Tsplits", "char_values: int32", "char_to_byte_starts: int64"],
    attributes: [
      "input_encoding: string",
      "errors: {'strict', 'replace', 'ignore'} = \"replace\"",
      "replacement_char: int = 65533",
      "replace_control_characters: bool = false",
      "Tsplits: {int32, int64} = int64",
    ])
  public static let shapes = ShapeFunction { context in
    try context.setCharacterShapes()
    context.setOutput(2, [nil])
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { try UnicodeDecodeKernel($0, givesOffsets: true) }
}

extension ShapeContext {
  /// One more split than there are texts, and an unknown number of characters.
  fileprivate func setCharacterShapes() throws(StatusError) {
    let texts = input(0).elementCount
    setOutput(0, [texts.flatMap { Checked.add($0, 1) }])
    setOutput(1, [nil])
  }
}

private final class UnicodeDecodeKernel: Kernel {
  let encoding: TextEncoding
  let errors: UnicodeErrors
  let splitType: DType
  let givesOffsets: Bool

  init(_ construction: KernelConstruction, givesOffsets: Bool) throws(StatusError) {
    errors = try UnicodeErrors(construction)
    encoding = try TextEncoding(named: construction.attributes.string("input_encoding"))
    splitType = try construction.outputType(0)
    self.givesOffsets = givesOffsets
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try context.input(0)
    var splits = [0]
    var characters: [Int32] = []
    var offsets: [Int64] = []
    for text in try input.scalars(of: ByteString.self) {
      var offset = 0
      for unit in encoding.decode(text.bytes) {
        if let scalar = try errors.resolve(unit.scalar) {
          characters.append(Int32(truncatingIfNeeded: scalar))
          offsets.append(Int64(offset))
        }
        offset += unit.length
      }
      splits.append(characters.count)
    }
    try context.setVector(0, splits, dtype: splitType)
    try context.setVector(1, characters)
    if givesOffsets { try context.setVector(2, offsets) }
  }
}
