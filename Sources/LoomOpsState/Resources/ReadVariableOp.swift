import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// The value of a resource variable: a snapshot that later updates do not change.
enum ReadVariableOp: OpDeclaration {
  static let signature = OpSignature(
    "ReadVariableOp", inputs: ["resource: resource"], outputs: ["value: dtype"],
    attributes: ["dtype: type"], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.checkHandle(0, is: try context.attributes.type("dtype"))
    context.setOutput(0, context.variableShape(0))
  }
  static let gradient = GradientRule.rule { context in [context.upstream[0]] }
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable { construction in
    ReadKernel([try construction.attributes.type("dtype")])
  }
}

/// The values of several resource variables.
enum ReadVariablesOp: OpDeclaration {
  static let signature = OpSignature(
    "_ReadVariablesOp", inputs: ["resources: N * resource"], outputs: ["values: dtypes"],
    attributes: ["N: int >= 0", "dtypes: list(type) >= 1"], isStateful: true)
  static let shapes = ShapeFunction { context in
    let dtypes = try context.attributes.types("dtypes")
    for (index, dtype) in dtypes.enumerated() {
      try context.checkHandle(index, is: dtype)
      context.setOutput(index, context.variableShape(index))
    }
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable { construction in
    ReadKernel(try construction.attributes.types("dtypes"))
  }
}

private final class ReadKernel: Kernel {
  let dtypes: [DType]

  init(_ dtypes: [DType]) { self.dtypes = dtypes }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    for (index, dtype) in dtypes.enumerated() {
      let cell = try context.variable(index)
      guard let value = cell.current else { throw cell.unreadable() }
      guard value.dtype == dtype else {
        throw .invalidArgument(
          "Trying to read variable with wrong dtype. Expected \(dtype) got \(value.dtype)")
      }
      try context.setOutput(index, value)
    }
  }
}
