public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Its input, unchanged; an error if an element is NaN or infinite.
public enum CheckNumerics: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "CheckNumerics", inputs: ["tensor: T"], outputs: ["output: T"],
    attributes: ["T: \(Types.floating)", "message: string"], isStateful: true)
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.unary { context, upstream in
    let message =
      "Not a number (NaN) or infinity (Inf) values detected in gradient. "
      + (try context.attributes.string("message"))
    return try context.build(
      "CheckNumerics", [upstream], ["message": .string(ByteString(message))])
  }
  public static let kernels = KernelTable.floating(CheckNumerics.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(
      CheckKernel<Scalar>(try construction.attributes.string("message")) { found in
        switch (found.negative || found.positive, found.nan) {
        case (true, true): "Inf and NaN"
        case (true, false): "Inf"
        default: "NaN"
        }
      })
  }
}

/// ``CheckNumerics`` that tells the infinities apart.
public enum CheckNumericsV2: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "CheckNumericsV2", inputs: ["tensor: T"], outputs: ["output: T"],
    attributes: ["T: \(Types.floating)", "message: string"], isStateful: true)
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.unary { context, upstream in
    let message =
      "Not a number (NaN) or infinity (Inf) values detected in gradient. "
      + (try context.attributes.string("message"))
    return try context.build(
      "CheckNumericsV2", [upstream], ["message": .string(ByteString(message))])
  }
  public static let kernels = KernelTable.floating(CheckNumericsV2.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(
      CheckKernel<Scalar>(try construction.attributes.string("message")) { found in
        var names: [String] = []
        if found.negative { names.append("-Inf") }
        if found.positive { names.append("+Inf") }
        if found.nan { names.append("NaN") }
        guard names.count == 3 else { return names.joined(separator: " and ") }
        return "-Inf, +Inf, and NaN"
      })
  }
}

/// Which kinds of values that are no finite number a tensor holds.
private struct Abnormalities {
  var negative = false
  var positive = false
  var nan = false
}

private final class CheckKernel<Scalar: FloatingScalar>: Kernel {
  let message: String
  let describe: @Sendable (Abnormalities) -> String

  init(_ message: String, _ describe: @escaping @Sendable (Abnormalities) -> String) {
    self.message = message
    self.describe = describe
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try context.input(0)
    let values = try input.span(of: Scalar.self)
    var isFinite = true
    for index in values.indices { isFinite = values[index].isFinite && isFinite }
    if isFinite { return try context.setOutput(0, input) }
    var found = Abnormalities()
    for index in values.indices where !values[index].isFinite {
      let value = values[index]
      if value > .zero {
        found.positive = true
      } else if value < .zero {
        found.negative = true
      } else {
        found.nan = true
      }
    }
    throw .invalidArgument("\(message) : Tensor had \(describe(found)) values")
  }
}

/// `x`, unchanged; the run fails if an element is NaN or infinite.
///
/// - Parameter message: Stands first in the error.
/// - SeeAlso: TensorFlow op `CheckNumerics`.
public func checkNumerics<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, message: String, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("CheckNumerics", ["message": .string(ByteString(message))], name: name)
}
