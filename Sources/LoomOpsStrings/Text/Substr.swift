import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Parts of texts by position and length, in bytes or characters.
public enum Substr: OpDeclaration {
  public static let signature = OpSignature(
    "Substr", inputs: ["input: string", "pos: T", "len: T"], outputs: ["output: string"],
    attributes: [
      "T: {int32, int64}",
      "unit: {'BYTE', 'UTF8_CHAR'} = \"BYTE\"",
    ])
  public static let shapes = ShapeFunction { context in
    let positions = context.input(1)
    let lengths = context.input(2)
    let place = try positions.merged(with: lengths)
    context.setOutput(0, try context.input(0).broadcast(with: place))
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    SubstrKernel(
      countsCharacters: try construction.attributes.string("unit") == "UTF8_CHAR")
  }
}

private final class SubstrKernel: Kernel {
  let countsCharacters: Bool

  init(countsCharacters: Bool) { self.countsCharacters = countsCharacters }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try context.input(0)
    let positionTensor = try context.input(1)
    let lengthTensor = try context.input(2)
    guard positionTensor.shape == lengthTensor.shape else {
      throw .invalidArgument(
        "pos and len should have the same shape, got: \(positionTensor.shape) vs. "
          + "\(lengthTensor.shape)")
    }
    let positions = try positionTensor.integers()
    let lengths = try lengthTensor.integers()
    let plan = try Broadcast(input.shape, positionTensor.shape)
    let texts = try input.span(of: ByteString.self)
    let walksTexts = plan.rowWalksA ? 1 : 0
    let walksPlaces = plan.rowWalksB ? 1 : 0
    let length = plan.rowLength
    var failure: StatusError?
    try context.makeOutput(0, of: ByteString.self, shape: plan.result) {
      output throws(StatusError) in
      plan.forEachRow { out, a, b in
        for step in 0..<length where failure == nil {
          let text = texts[a &+ step &* walksTexts]
          let place = b &+ step &* walksPlaces
          if let part = part(text, positions[place], lengths[place]) {
            output[out &+ step] = part
          } else {
            failure = outside(text, positions[place], place)
          }
        }
      }
    }
    if let failure { throw failure }
  }

  private func outside(_ text: ByteString, _ position: Int, _ index: Int) -> StatusError {
    countsCharacters
      ? .invalidArgument("pos \(position) out of range for string at index \(index)")
      : .invalidArgument(
        "pos \(position) out of range for string b'\(text)' at index \(index)")
  }

  /// `nil` if the position lies outside of the text.
  private func part(_ text: ByteString, _ position: Int, _ length: Int) -> ByteString? {
    let bytes = text.bytes
    // Where each character begins, and the end.
    let starts =
      countsCharacters
      ? bytes.indices.filter { $0 == 0 || bytes[$0] & 0xC0 != 0x80 } + [bytes.count] : []
    let count = countsCharacters ? starts.count - 1 : bytes.count
    guard position >= -count, position <= count else { return nil }
    let start = position < 0 ? position + count : position
    let end: Int
    if length < 0 {
      // Bytes run to the end then; characters are none, and from the end of the text they are refused.
      guard position >= 0 || !countsCharacters else { return nil }
      end = countsCharacters ? start : count
    } else {
      end = Swift.min(Checked.add(start, length) ?? count, count)
    }
    return countsCharacters
      ? ByteString(bytes[starts[start]..<starts[end]]) : ByteString(bytes[start..<end])
  }
}
