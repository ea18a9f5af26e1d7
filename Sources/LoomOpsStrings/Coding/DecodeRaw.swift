import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The bytes of texts as elements of a tensor.
public enum DecodeRaw: OpDeclaration {
  public static let signature = OpSignature(
    "DecodeRaw", inputs: ["bytes: string"], outputs: ["output: out_type"],
    attributes: [
      "out_type: {half, float, double, int32, uint16, uint8, int16, int8, int64, complex64, complex128, bool, bfloat16}",
      "little_endian: bool = true",
    ])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, context.input(0).concatenated(with: [nil]))
  }
  public static let gradient = GradientRule.notDifferentiable(because: "texts have no derivatives")
  public static let kernels = KernelTable { try DecodeRawKernel($0, isPadded: false) }
}

/// The bytes of texts, cut or filled up with zeros to one length, as elements of a tensor.
public enum DecodePaddedRaw: OpDeclaration {
  public static let signature = OpSignature(
    "DecodePaddedRaw", inputs: ["input_bytes: string", "fixed_length: int32"],
    outputs: ["output: out_type"],
    attributes: [
      "out_type: {half, float, double, int32, uint16, uint8, int16, int8, int64, bfloat16}",
      "little_endian: bool = true",
    ])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(1, 0)
    var width: Int?
    if let length = try context.constant(1)?.integers().first,
      let size = try context.attributes.type("out_type").byteSize, length > 0, length % size == 0
    {
      width = length / size
    }
    context.setOutput(0, context.input(0).concatenated(with: [width]))
  }
  public static let gradient = GradientRule.notDifferentiable(because: "it reads bytes")
  public static let kernels = KernelTable { try DecodeRawKernel($0, isPadded: true) }
}

private final class DecodeRawKernel: Kernel {
  let dtype: DType
  let isLittleEndian: Bool
  let isPadded: Bool

  init(_ construction: KernelConstruction, isPadded: Bool) throws(StatusError) {
    dtype = try construction.outputType(0)
    isLittleEndian = try construction.attributes.bool("little_endian")
    self.isPadded = isPadded
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try context.input(0)
    let size = dtype.byteSize ?? 1
    let texts = try input.scalars(of: ByteString.self)
    let length = isPadded ? try paddedLength(context, size) : try commonLength(texts, size)
    let shape = try Shape(input.shape.sizes + [length / size])
    // Numbers are swapped whole; a complex number is two of them.
    let word = isLittleEndian ? 1 : dtype.isComplex ? size / 2 : size
    let isBool = dtype == .bool
    let bytes = try AnyTensor.uninitialized(
      dtype: .uint8, shape: Shape([texts.count, length]), budget: context.budget)
    var memory = try MutableTensor<UInt8>(exclusive: bytes)
    var span = memory.mutableSpan
    for (row, text) in texts.enumerated() {
      for column in 0..<length {
        let place = word == 1 ? column : column / word * word + word - 1 - column % word
        let byte = place < text.count ? text.bytes[place] : 0
        // Any byte but zero is true.
        span[row &* length &+ column] = isBool && byte != 0 ? 1 : byte
      }
    }
    try context.setOutput(0, memory.finish().bitcast(to: dtype, shape: shape))
  }

  private func commonLength(_ texts: [ByteString], _ size: Int) throws(StatusError) -> Int {
    guard let first = texts.first else { return 0 }
    for (index, text) in texts.enumerated() where text.count != first.count {
      throw .invalidArgument(
        "DecodeRaw requires input strings to all be the same size, but element \(index) has size "
          + "\(first.count) != \(text.count)")
    }
    guard first.count % size == 0 else {
      throw .invalidArgument(
        "Input to DecodeRaw has length \(first.count) that is not a multiple of \(size), the size "
          + "of \(dtype)")
    }
    return first.count
  }

  private func paddedLength(
    _ context: borrowing KernelContext, _ size: Int
  ) throws(StatusError) -> Int {
    let tensor = try context.input(1)
    guard tensor.shape.isScalar, let length = try tensor.integers().first else {
      throw .invalidArgument("k must be scalar, got shape \(tensor.shape)")
    }
    guard length > 0 else {
      throw .invalidArgument("fixed_length (\(length)) must be greater than zero.")
    }
    guard length % size == 0 else {
      throw .invalidArgument(
        "fixed_length (\(length)) must be a multiple of the size of out_type (\(size))")
    }
    return length
  }
}
