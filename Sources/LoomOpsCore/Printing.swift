public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport
import Synchronization

/// Fails the step unless its condition holds.
public enum Assert: OpDeclaration {
  public static let signature = OpSignature(
    "Assert", inputs: ["condition: bool", "data: T"],
    attributes: ["T: list(type) >= 1", "summarize: int = 3"], isStateful: true)
  public static let shapes = ShapeFunction.none
  public static let gradient = GradientRule.notDifferentiable(because: "it has no outputs")
  public static let kernels = KernelTable { construction in
    let summary = TensorSummary(limit: try construction.attributes.int("summarize"))
    return ClosureKernel { context in
      let condition = try context.input(0)
      guard condition.shape.isScalar else {
        throw StatusError.invalidArgument("In[0] should be a scalar: \(condition.shape)")
      }
      guard try !condition.element(0, of: Bool.self) else { return }
      var parts: [String] = []
      for index in 1..<Swift.max(context.inputCount, 1) {
        parts.append("[\(try summary.text(context.input(index)))]")
      }
      throw StatusError.invalidArgument("assertion failed: \(parts.joined(separator: " "))")
    }
  }
}

/// Its first input; prints the others to the standard error stream.
public enum Print: OpDeclaration {
  public static let signature = OpSignature(
    "Print", inputs: ["input: T", "data: U"], outputs: ["output: T"],
    attributes: [
      "T: type", "U: list(type) >= 0", "message: string = \"\"", "first_n: int = -1",
      "summarize: int = 3",
    ], isStateful: true)
  public static let shapes = ShapeFunction { context in context.setOutput(0, context.input(0)) }
  public static let gradient = GradientRule.rule { context in
    [context.upstream[0]] + context.inputs.dropFirst().map { _ in nil }
  }
  public static let kernels = KernelTable { construction in try PrintKernel(construction) }
}

private final class PrintKernel: Kernel {
  private let message: String
  private let limit: Int
  private let summary: TensorSummary
  private let calls = Atomic<Int>(0)

  init(_ construction: KernelConstruction) throws(StatusError) {
    message = try construction.attributes.string("message")
    limit = try construction.attributes.int("first_n")
    summary = TensorSummary(limit: try construction.attributes.int("summarize"))
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    try context.setOutput(0, context.input(0))
    if limit >= 0, calls.wrappingAdd(1, ordering: .relaxed).oldValue >= limit { return }
    var text = message
    for index in 1..<Swift.max(context.inputCount, 1) {
      text += "[\(try summary.text(context.input(index)))]"
    }
    StandardStream.error.write(text + "\n")
  }
}

/// Writes a text to a stream or file.
public enum PrintV2: OpDeclaration {
  public static let signature = OpSignature(
    "PrintV2", inputs: ["input: string"],
    attributes: ["output_stream: string = \"stderr\"", "end: string = \"\n\""], isStateful: true)
  public static let shapes = ShapeFunction { context in try context.requireRank(0, 0) }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    let end = try construction.attributes.string("end")
    let stream = try construction.attributes.string("output_stream")
    let write = try writer(to: stream)
    return ClosureKernel { context in
      let text = try context.input(0)
      guard text.shape.isScalar else {
        throw StatusError.invalidArgument(
          "Input is expected to be scalar, but got \(text.shape)")
      }
      try write(text.element(0, of: ByteString.self).string + end)
    }
  }

  private static func writer(
    to stream: String
  ) throws(StatusError) -> @Sendable (String) throws(StatusError) -> Void {
    switch stream {
    case "stdout": return { text in StandardStream.output.write(text) }
    case "stderr": return { text in StandardStream.error.write(text) }
    case "log(info)", "log(warning)", "log(error)":
      let level = stream.dropFirst(4).first.map { $0.uppercased() } ?? "I"
      return { text in StandardStream.error.write("\(level) \(text)") }
    default:
      guard stream.hasPrefix("file://") else {
        throw .invalidArgument(
          "Unknown output stream: \(stream), stream should be stdout, stderr, log(info), "
            + "log(warning), log(error) or a file:// path")
      }
      let path = String(stream.dropFirst("file://".count))
      return { text throws(StatusError) in
        guard StandardStream.append(text, toFile: path) else {
          throw .invalidArgument("Cannot append to the file \(path)")
        }
      }
    }
  }
}

extension Graph {
  /// An operation that fails its step unless `condition` holds, showing the first `summarize` elements
  /// of each of `data`.
  ///
  /// - SeeAlso: TensorFlow op `Assert`.
  public func assertion(
    _ condition: Output<Bool>, data: [AnyOutput], summarize: Int = 3, name: String? = nil
  ) throws(StatusError) -> Operation {
    try addOperation(
      "Assert", inputs: [condition.erased] + data,
      attributes: [
        "T": .types(data.map(\.dtype.base)), "summarize": .int(Int64(summarize)),
      ], name: name)
  }

  /// An operation that writes a scalar text and a line's end to `stream`: `stdout`, `stderr`,
  /// `log(info)`, `log(warning)`, `log(error)` or `file://` and a path.
  ///
  /// - SeeAlso: TensorFlow op `PrintV2`.
  public func print(
    _ text: Output<ByteString>, to stream: String = "stderr", name: String? = nil
  ) throws(StatusError) -> Operation {
    try addOperation(
      "PrintV2", inputs: [text.erased],
      attributes: ["output_stream": .string(ByteString(stream))], name: name)
  }
}

/// The tensor itself; a run prints `message` and the first `summarize` elements of each of `data` to
/// the standard error stream, the first `count` times only unless that is `nil`.
///
/// - SeeAlso: TensorFlow op `Print`.
public func printing<Scalar: TensorScalar>(
  _ input: Output<Scalar>, data: [AnyOutput], message: String = "", firstTimes count: Int? = nil,
  summarize: Int = 3, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "Print", inputs: [input.erased] + data,
      attributes: [
        "U": .types(data.map(\.dtype.base)), "message": .string(ByteString(message)),
        "first_n": .int(Int64(count ?? -1)), "summarize": .int(Int64(summarize)),
      ], name: name
    ).output(0))
}
