import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The script of each character, in ICU's numbering; -1 for numbers that are no characters.
public enum UnicodeScript: OpDeclaration {
  public static let signature = OpSignature(
    "UnicodeScript", inputs: ["input: int32"], outputs: ["output: int32"])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.closure { context in
    let input = try context.input(0)
    let scalars = try input.span(of: Int32.self)
    try context.makeOutput(0, of: Int32.self, shape: input.shape) { output throws(StatusError) in
      for index in 0..<scalars.count { output[index] = UnicodeScripts.script(of: scalars[index]) }
    }
  }
}
