import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// The attributes of staging areas, as signatures list them.
enum StagingAttributes {
  static let limits = ["capacity: int >= 0 = 0", "memory_limit: int >= 0 = 0"]
  static let names = ["container: string = \"\"", "shared_name: string = \"\""]
  static let typed = limits + ["dtypes: list(type) >= 1"] + names
  static let untyped = limits + ["dtypes: list(type)"] + names
  static let fake = limits + ["dtypes: list(type)", "fake_dtypes: list(type) >= 1"] + names
}

/// Puts an element into a staging area; waits while it is full.
enum Stage: StatefulOp {
  static let signature = OpSignature(
    "Stage", inputs: ["values: dtypes"], attributes: StagingAttributes.typed, isStateful: true)
  static let shapes = ShapeFunction.none
  static let kernels = StageKernel.table { area, context, _ in
    var tensors: [AnyTensor] = []
    for input in try context.inputs() { tensors.append(try input.kept(budget: context.budget)) }
    return try area.room.submit(StageRequest(tensors: tensors), context)
  }
}

/// Takes the first element out of a staging area; waits while there is none.
enum Unstage: StatefulOp {
  static let signature = OpSignature(
    "Unstage", outputs: ["values: dtypes"], attributes: StagingAttributes.typed, isStateful: true)
  static let shapes = ShapeFunction.unknown
  static let kernels = StageKernel.table { area, context, types in
    try area.room.submit(UnstageRequest(index: nil, types: types), context)
  }
}

/// Looks at an element of a staging area; waits until there are as many.
enum StagePeek: StatefulOp {
  static let signature = OpSignature(
    "StagePeek", inputs: ["index: int32"], outputs: ["values: dtypes"],
    attributes: StagingAttributes.typed, isStateful: true)
  static let shapes = ShapeFunction.unknown
  static let kernels = StageKernel.table { area, context, types in
    let index = Int(try context.scalar(0, of: Int32.self))
    guard index >= 0 else {
      throw StatusError.invalidArgument("Index \(index) must be >= 0")
    }
    return try area.room.submit(UnstageRequest(index: index, types: types), context)
  }
}

/// The number of elements in a staging area.
enum StageSize: StatefulOp {
  static let signature = OpSignature(
    "StageSize", outputs: ["size: int32"], attributes: StagingAttributes.untyped,
    isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let kernels = StageKernel.table { area, context, _ in
    let count = try area.room.read { $0.elements.count }
    try context.setScalar(0, Int32(clamping: count))
    return nil
  }
}

/// Empties a staging area.
enum StageClear: StatefulOp {
  static let signature = OpSignature(
    "StageClear", attributes: StagingAttributes.untyped, isStateful: true)
  static let shapes = ShapeFunction.none
  static let kernels = StageKernel.table { area, _, _ in
    try area.room.update { state in
      state.elements = RingBuffer()
      state.bytes = 0
    }
    return nil
  }
}

/// A kernel that works on the staging area its node names, and may have to wait for it.
private final class StageKernel: AsyncKernel {
  typealias Body =
    @Sendable (StagingArea, borrowing KernelContext, [DType]) throws -> (any Suspension)?

  private let source: SharedResource<StagingArea>
  private let limits: StagingLimits
  private let types: [DType]
  private let body: Body

  init(_ construction: KernelConstruction, _ body: @escaping Body) throws(StatusError) {
    source = try SharedResource(construction, usesNodeName: true)
    limits = try StagingLimits(construction.attributes)
    types = try construction.attributes.types("dtypes")
    self.body = body
  }

  static func table(_ body: @escaping Body) -> KernelTable {
    KernelTable { construction in try StageKernel(construction, body) }
  }

  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
    let area = try source.resource(in: context.resources) { (name) throws(StatusError) in
      StagingArea(name: name, limits: limits)
    }.resource
    do { return try body(area, context, types) } catch { throw StatusError.wrapping(error) }
  }
}
