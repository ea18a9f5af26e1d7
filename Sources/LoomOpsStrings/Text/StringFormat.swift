import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A text with tensors, shortened, in the places of a placeholder.
public enum StringFormat: OpDeclaration {
  public static let signature = OpSignature(
    "StringFormat", inputs: ["inputs: T"], outputs: ["output: string"],
    attributes: [
      "T: list(type) >= 0",
      "template: string = \"%s\"",
      "placeholder: string = \"%s\"",
      "summarize: int = 3",
    ])
  public static let shapes = ShapeFunction { context in
    let template = try context.attributes.bytes("template").bytes
    let placeholder = try context.attributes.bytes("placeholder").bytes
    let places = TextSplit.at(placeholder, template, limit: -1).count - 1
    guard places == context.inputCount else {
      throw StatusError.invalidArgument(
        "num placeholders in template and num inputs must match: \(places) vs. "
          + "\(context.inputCount)")
    }
    context.setOutput(0, .scalar)
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    let placeholder = try construction.attributes.bytes("placeholder").bytes
    let parts = TextSplit.at(
      placeholder, try construction.attributes.bytes("template").bytes, limit: -1)
    let summary = TensorSummary(limit: try construction.attributes.int("summarize"))
    guard !placeholder.isEmpty, parts.count == construction.inputTypes.count + 1 else {
      throw StatusError.invalidArgument(
        "num placeholders in template and num inputs must match: \(parts.count - 1) vs. "
          + "\(construction.inputTypes.count)")
    }
    return ClosureKernel { context in
      var bytes = parts[0]
      for index in 0..<context.inputCount {
        bytes += try summary.bracketedText(context.input(index)).utf8
        bytes += parts[index + 1]
      }
      try context.setScalar(0, ByteString(bytes: bytes))
    }
  }
}
