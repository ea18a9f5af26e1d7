import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The elements of a tensor as texts, formatted as C's `printf` does.
public enum AsString: OpDeclaration {
  public static let signature = OpSignature(
    "AsString", inputs: ["input: T"], outputs: ["output: string"],
    attributes: [
      "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64, complex64, complex128, bool, variant, string}",
      "precision: int = -1",
      "scientific: bool = false",
      "shortest: bool = false",
      "width: int = -1",
      "fill: string = \"\"",
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.notDifferentiable(because: "texts have no derivatives")
  public static let kernels = KernelTable { try AsStringKernel($0) }
}

private final class AsStringKernel: Kernel {
  let dtype: DType
  let format: NumberFormat

  init(_ construction: KernelConstruction) throws(StatusError) {
    dtype = try construction.inputType(0)
    let attributes = construction.attributes
    let fill = try attributes.bytes("fill").bytes
    let precision = try attributes.int("precision")
    let isScientific = try attributes.bool("scientific")
    let isShortest = try attributes.bool("shortest")
    guard !(isScientific && isShortest) else {
      throw .invalidArgument("Cannot select both scientific and shortest notation")
    }
    guard fill.count <= 1 else {
      throw .invalidArgument("Fill string must be one or fewer characters")
    }
    if !dtype.isFloatingPoint && !dtype.isComplex {
      guard !isScientific, !isShortest else {
        throw .invalidArgument(
          "scientific and shortest format not supported for datatype \(dtype)")
      }
      guard precision < 0 else {
        throw .invalidArgument("precision not supported for datatype \(dtype)")
      }
    }
    if let fill = fill.first, !" +-0#".utf8.contains(fill) {
      throw .invalidArgument(
        "Fill argument not supported: \"\(String(decoding: [fill], as: UTF8.self))\"")
    }
    let notation: NumberFormat.Notation =
      isScientific ? .scientific : isShortest ? .shortest : .fixed
    let width = try attributes.int("width")
    guard width <= NumberFormat.longest, precision <= NumberFormat.longest else {
      throw .invalidArgument(
        "Expected width and precision of at most \(NumberFormat.longest), got \(width) and "
          + "\(precision)")
    }
    format = NumberFormat(
      flag: fill.first, width: Swift.max(width, 0), precision: precision < 0 ? nil : precision,
      notation: notation)
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    switch dtype {
    case .float: try map(context, Float.self) { self.format.text(Double($0)) }
    case .double: try map(context, Double.self) { self.format.text($0) }
    case .half: try map(context, Float16.self) { self.format.text(Double($0)) }
    case .bfloat16: try map(context, BFloat16.self) { self.format.text($0.doubleValue) }
    case .complex64:
      try map(context, Complex64.self) {
        "(\(self.format.text(Double($0.real))),\(self.format.text(Double($0.imaginary))))"
      }
    case .complex128:
      try map(context, Complex128.self) {
        "(\(self.format.text($0.real)),\(self.format.text($0.imaginary)))"
      }
    case .int8: try map(context, Int8.self) { self.format.text($0) }
    case .int16: try map(context, Int16.self) { self.format.text($0) }
    case .int32: try map(context, Int32.self) { self.format.text($0) }
    case .int64: try map(context, Int64.self) { self.format.text($0) }
    case .uint8: try map(context, UInt8.self) { self.format.text($0) }
    case .uint16: try map(context, UInt16.self) { self.format.text($0) }
    case .uint32: try map(context, UInt32.self) { self.format.text($0) }
    case .uint64: try map(context, UInt64.self) { self.format.text($0) }
    case .bool: try map(context, Bool.self) { $0 ? "true" : "false" }
    case .string:
      let format = format
      try context.mapTexts(to: ByteString.self) { text throws(StatusError) in
        ByteString(bytes: format.padded(text.bytes))
      }
    case .variant: try map(context, Variant.self) { AsStringKernel.text($0) }
    default: throw .unimplemented("AsString of \(dtype) is not supported")
    }
  }

  /// A variant as TensorFlow shows it to people.
  private static func text(_ variant: Variant) -> String {
    guard let value = variant.value else { return "Variant<type: INVALID value: <empty>>" }
    let content =
      switch (value as? EncodedVariant)?.number {
      case .int(let number): String(number)
      case .float(let number): NumberText.shortest(number)
      case .double(let number): NumberText.shortest(number)
      case .bool(let number): number ? "1" : "0"
      case nil: "<\(value.typeName)>"
      }
    return "Variant<type: \(value.typeName) value: \(content)>"
  }

  private func map<Scalar: TensorScalar>(
    _ context: borrowing KernelContext, _ type: Scalar.Type, _ text: (Scalar) -> String
  ) throws(StatusError) {
    let input = try context.input(0)
    let values = try input.span(of: Scalar.self)
    try context.makeOutput(0, of: ByteString.self, shape: input.shape) {
      output throws(StatusError) in
      for index in 0..<values.count { output[index] = ByteString(text(values[index])) }
    }
  }
}
