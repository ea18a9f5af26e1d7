import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport
import Synchronization

/// A handle to a variable, which is made without a value if there is none of that name.
enum VarHandleOp: OpDeclaration {
  static let signature = OpSignature(
    "VarHandleOp", outputs: ["resource: resource"],
    attributes: [
      "container: string = \"\"", "shared_name: string = \"\"", "debug_name: string = \"\"",
      "dtype: type", "shape: shape", "allowed_devices: list(string) = []",
    ], isStateful: true)
  static let shapes = ShapeFunction { context in
    context.setOutput(0, .scalar)
    context.setHandle(
      0,
      [
        .init(
          dtype: try context.attributes.type("dtype"),
          shape: try context.attributes.shape("shape"))
      ])
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties {
    OpProperties(isFoldable: false, isPrompt: true, makesResource: true)
  }
  static let kernels = KernelTable { construction in
    // Such a name stands for "none": every run makes a variable of its own.
    let anonymousName = "cd2c89b7-88b7-44c8-ad83-06c2a9158347"
    if try construction.attributes.string("shared_name") == anonymousName {
      return AnonymousHandleKernel(
        dtype: try construction.attributes.type("dtype").base,
        shape: try construction.attributes.shape("shape"), device: construction.device)
    }
    return HandleKernel([
      VariableHandle(
        try VariableSource(construction, isReference: false), device: construction.device)
    ])
  }
}

/// Handles to several variables at once.
enum VarHandlesOp: OpDeclaration {
  static let signature = OpSignature(
    "_VarHandlesOp", outputs: ["resources: N * resource"],
    attributes: [
      "containers: list(string)", "shared_names: list(string)", "N: int >= 0",
      "dtypes: list(type)", "shapes: list(shape)",
    ], isStateful: true)
  static let shapes = ShapeFunction { context in
    let dtypes = try context.attributes.types("dtypes")
    let shapes = try context.attributes.shapes("shapes")
    for index in 0..<context.outputCount {
      context.setOutput(index, .scalar)
      if dtypes.indices.contains(index), shapes.indices.contains(index) {
        context.setHandle(index, [.init(dtype: dtypes[index], shape: shapes[index])])
      }
    }
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties {
    OpProperties(isFoldable: false, isPrompt: true, makesResource: true)
  }
  static let kernels = KernelTable { construction in
    let containers = try construction.attributes.strings("containers")
    let names = try construction.attributes.strings("shared_names")
    let dtypes = try construction.attributes.types("dtypes")
    let shapes = try construction.attributes.shapes("shapes")
    let count = try construction.attributes.int("N")
    guard [containers.count, names.count, dtypes.count, shapes.count].allSatisfy({ $0 == count })
    else {
      throw StatusError.invalidArgument("_VarHandlesOp expects \(count) elements in every list")
    }
    return HandleKernel(
      (0..<count).map { index in
        VariableHandle(
          VariableSource(
            container: containers[index].string, name: names[index].string,
            dtype: dtypes[index].base, shape: shapes[index], isReference: false),
          device: construction.device)
      })
  }
}

/// A variable's handle, made once and handed out in every run.
private final class VariableHandle: Sendable {
  let source: VariableSource
  let device: String
  private struct Made {
    let manager: ObjectIdentifier
    let generation: Int
    let tensor: AnyTensor
  }
  private let made = Mutex<Made?>(nil)

  init(_ source: VariableSource, device: String) {
    self.source = source
    self.device = device
  }

  func tensor(in resources: ResourceManager) throws(StatusError) -> AnyTensor {
    let (manager, generation) = (ObjectIdentifier(resources), resources.generation)
    let known = made.withLock { made -> AnyTensor? in
      guard let made, made.manager == manager, made.generation == generation else { return nil }
      return made.tensor
    }
    if let known { return known }
    let cell = try source.cell(in: resources)
    let tensor = try AnyTensor(scalar: ResourceHandle(variable: cell, device: device))
    made.withLock { $0 = Made(manager: manager, generation: generation, tensor: tensor) }
    return tensor
  }
}

extension ResourceHandle {
  fileprivate init(variable cell: VariableCell, device: String) {
    self.init(
      device: device, container: cell.container, name: cell.name,
      typeName: "N10tensorflow3VarE",
      components: [.init(dtype: cell.dtype, shape: cell.declaredShape)], resource: cell)
  }
}

private final class HandleKernel: StandingKernel {
  let handles: [VariableHandle]

  init(_ handles: [VariableHandle]) { self.handles = handles }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    for (index, handle) in handles.enumerated() {
      try context.setOutput(index, handle.tensor(in: context.resources))
    }
  }
}

private final class AnonymousHandleKernel: Kernel {
  let dtype: DType
  let shape: PartialShape
  let device: String

  init(dtype: DType, shape: PartialShape, device: String) {
    self.dtype = dtype
    self.shape = shape
    self.device = device
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let cell = VariableCell(
      name: "_AnonymousVar\(context.resources.nextNumber())",
      container: context.resources.defaultContainer, dtype: dtype, declaredShape: shape)
    // Nobody else can name it: it lives as long as its handles.
    try context.setOutput(
      0, AnyTensor(scalar: ResourceHandle(variable: cell, device: device)))
  }
}
