import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Whether a resource variable has a value.
enum VarIsInitializedOp: OpDeclaration {
  static let signature = OpSignature(
    "VarIsInitializedOp", inputs: ["resource: resource"], outputs: ["is_initialized: bool"],
    isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.notDifferentiable(because: "it asks for state")
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable.closure { context in
    var isInitialized = false
    do throws(StatusError) {
      isInitialized = try context.variable(0).isInitialized
    } catch {
      guard error.code == .notFound else { throw error }
    }
    try context.setScalar(0, isInitialized)
  }
}

/// The shape of a resource variable's value.
enum VariableShape: OpDeclaration {
  static let signature = OpSignature(
    "VariableShape", inputs: ["input: resource"], outputs: ["output: out_type"],
    attributes: ["out_type: {int32, int64} = int32"], isStateful: true)
  static let shapes = ShapeFunction { context in
    context.setOutput(0, [context.variableShape(0).rank])
  }
  static let gradient = GradientRule.notDifferentiable(because: "shapes are integers")
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable { construction in
    VariableShapeKernel(isWide: try construction.attributes.type("out_type") == .int64)
  }
}

private final class VariableShapeKernel: Kernel {
  let isWide: Bool

  init(isWide: Bool) { self.isWide = isWide }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let cell = try context.variable(0)
    guard let shape = cell.current?.shape else { throw cell.missing() }
    if isWide {
      try context.makeOutput(0, of: Int64.self, shape: Shape(vector: shape.rank)) { span in
        for index in 0..<shape.rank { span[index] = Int64(shape[index]) }
      }
      return
    }
    try context.makeOutput(0, of: Int32.self, shape: Shape(vector: shape.rank)) {
      (span) throws(StatusError) in
      for index in 0..<shape.rank {
        guard let size = Int32(exactly: shape[index]) else {
          throw .invalidArgument(
            "VariableShape output type is int32, but dim \(index) is \(shape[index])")
        }
        span[index] = size
      }
    }
  }
}

/// Ends a resource variable: it is without a value from then on. Other resources lose their name.
enum DestroyResourceOp: OpDeclaration {
  static let signature = OpSignature(
    "DestroyResourceOp", inputs: ["resource: resource"],
    attributes: ["ignore_lookup_error: bool = true"], isStateful: true)
  static let shapes = ShapeFunction.none
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable { construction in
    DestroyKernel(ignoresMissing: try construction.attributes.bool("ignore_lookup_error"))
  }
}

private final class DestroyKernel: Kernel {
  let ignoresMissing: Bool

  init(ignoresMissing: Bool) { self.ignoresMissing = ignoresMissing }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let handle = try context.scalar(0, of: ResourceHandle.self)
    if let cell = handle.resource as? VariableCell {
      guard cell.isInitialized || ignoresMissing else { throw cell.missing() }
      cell.clear()
      return
    }
    let removed = context.resources.removeAll(named: handle.name, container: handle.container)
    guard removed || ignoresMissing else {
      throw .notFound("Resource \(handle.container)/\(handle.name) does not exist.")
    }
  }
}

/// A hint about when variables are copied; snapshots here share memory until somebody writes.
enum DisableCopyOnRead: OpDeclaration {
  static let signature = OpSignature(
    "DisableCopyOnRead", inputs: ["resource: resource"], isStateful: true)
  static let shapes = ShapeFunction.none
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable.closure { context in
    let cell = try context.variable(0)
    guard cell.isInitialized else { throw cell.missing() }
  }
}
