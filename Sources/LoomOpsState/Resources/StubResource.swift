import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A resource that is nothing but there: TensorFlow shows with it how resources are made and found.
private final class StubResource: Resource {
  static let typeName = "N10tensorflow12StubResourceE"
  var summary: String { "a stub resource" }
}

/// A handle to a stub resource, which need not be there.
public enum StubResourceHandleOp: OpDeclaration {
  public static let signature = OpSignature(
    "StubResourceHandleOp", outputs: ["resource: resource"],
    attributes: ["container: string = \"\"", "shared_name: string = \"\""], isStateful: true)
  public static let shapes = ShapeFunction.scalar
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties {
    OpProperties(isFoldable: false, makesResource: true)
  }
  public static let kernels = KernelTable { construction in
    let shared = try construction.attributes.string("shared_name")
    let name = shared.isEmpty ? construction.nodeName : shared
    let container = try construction.attributes.string("container")
    let device = construction.device
    return ClosureKernel { context in
      let handle = ResourceHandle(
        device: device,
        container: container.isEmpty ? context.resources.defaultContainer : container,
        name: name, typeName: StubResource.typeName)
      try context.setOutput(0, AnyTensor(scalar: handle))
    }
  }
}

/// Makes the stub resource of a handle.
public enum ResourceCreateOp: OpDeclaration {
  public static let signature = OpSignature(
    "ResourceCreateOp", inputs: ["resource: resource"], isStateful: true)
  public static let shapes = ShapeFunction.unknown
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = KernelTable.closure { context in
    let handle: ResourceHandle = try context.scalar(0)
    let made = StubResource()
    let found = try context.resources.findOrMake(
      StubResource.self, container: handle.container, name: handle.name
    ) { made }
    guard found === made else {
      throw StatusError(
        .alreadyExists,
        "Resource \(handle.container)/\(handle.name)/\(StubResource.typeName)")
    }
  }
}

/// Whether a handle's stub resource is there.
public enum ResourceInitializedOp: OpDeclaration {
  public static let signature = OpSignature(
    "ResourceInitializedOp", inputs: ["resource: resource"], outputs: ["initialized: bool"],
    isStateful: true)
  public static let shapes = ShapeFunction.scalar
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = KernelTable.closure { context in
    do throws(StatusError) {
      try context.findStub()
      try context.setScalar(0, true)
    } catch {
      guard error.code == .notFound else { throw error }
      try context.setScalar(0, false)
    }
  }
}

/// Fails unless a handle's stub resource is there.
public enum ResourceUsingOp: OpDeclaration {
  public static let signature = OpSignature(
    "ResourceUsingOp", inputs: ["resource: resource"], isStateful: true)
  public static let shapes = ShapeFunction.unknown
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = KernelTable.closure { context in try context.findStub() }
}

extension KernelContext {
  /// - Throws: ``StatusError/Code/notFound`` unless the stub resource of input 0 is there.
  fileprivate func findStub() throws(StatusError) {
    let handle: ResourceHandle = try scalar(0)
    _ = try resources.find(StubResource.self, container: handle.container, name: handle.name)
  }
}
