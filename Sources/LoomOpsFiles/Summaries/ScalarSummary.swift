import FoundationEssentials
import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport
import LoomProto

/// A `Summary` message with one value for each tag.
enum ScalarSummary: OpDeclaration {
  static let signature = OpSignature(
    "ScalarSummary", inputs: ["tags: string", "values: T"], outputs: ["summary: string"],
    attributes: [
      "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}"
    ])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.notDifferentiable(because: "messages have no derivatives")
  static let kernels = KernelTable.closure { context in
    let (tags, values) = (try context.input(0), try context.input(1))
    guard tags.shape == values.shape else {
      let first =
        tags.elementCount == 1 ? " (tag '\(try tags.element(0, of: ByteString.self))')" : ""
      throw StatusError.invalidArgument(
        "tags and values are not the same shape: \(tags.shape) != \(values.shape)\(first)")
    }
    let numbers = try values.realNumbers()
    var summary = Tensorflow_Summary()
    for (tag, number) in zip(try tags.scalars(of: ByteString.self), numbers) {
      var value = Tensorflow_Summary.Value()
      value.tag = tag.string
      value.simpleValue = Float(number)
      summary.value.append(value)
    }
    try context.setSummary(summary)
  }
}

/// One `Summary` message with the values of several.
enum MergeSummary: OpDeclaration {
  static let signature = OpSignature(
    "MergeSummary", inputs: ["inputs: N * string"], outputs: ["summary: string"],
    attributes: ["N: int >= 1"])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.notDifferentiable(because: "messages have no derivatives")
  static let kernels = KernelTable.closure { context in
    var merged = Tensorflow_Summary()
    var tags: Set<String> = []
    for input in try context.inputs() {
      for bytes in try input.scalars(of: ByteString.self) {
        let summary: Tensorflow_Summary
        do throws(StatusError) {
          summary = try Wire.decode(Tensorflow_Summary.self, Data(bytes.bytes))
        } catch {
          throw StatusError.invalidArgument("Could not parse one of the summary inputs")
        }
        for value in summary.value {
          guard value.tag.isEmpty || tags.insert(value.tag).inserted else {
            throw StatusError.invalidArgument(
              "Duplicate tag \(value.tag) found in summary inputs")
          }
          merged.value.append(value)
        }
      }
    }
    try context.setSummary(merged)
  }
}

extension KernelContext {
  /// Sets output 0 to the bytes of a message.
  func setSummary(_ summary: Tensorflow_Summary) throws(StatusError) {
    try setScalar(0, ByteString(try Wire.encode(summary)))
  }
}

extension AnyTensor {
  /// The elements of any real dtype as Doubles.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for other dtypes.
  func realNumbers() throws(StatusError) -> [Double] {
    switch dtype {
    case .float: try scalars(of: Float.self).map { Double($0) }
    case .double: try scalars(of: Double.self)
    case .half: try scalars(of: Float16.self).map { Double($0) }
    case .bfloat16: try scalars(of: BFloat16.self).map(\.doubleValue)
    case .uint64: try scalars(of: UInt64.self).map { Double($0) }
    default: try integers().map { Double($0) }
    }
  }
}
