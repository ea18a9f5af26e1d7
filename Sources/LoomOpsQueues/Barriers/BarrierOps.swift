import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// A store of elements whose components arrive one by one.
enum Barrier: HandleOp {
  static let signature = OpSignature(
    "Barrier", outputs: ["handle: Ref(string)"],
    attributes: [
      "component_types: list(type) >= 1", "shapes: list(shape) >= 0 = []", "capacity: int = -1",
      "container: string = \"\"", "shared_name: string = \"\"",
    ], isStateful: true)
  static let kernels = KernelTable { construction in
    let types = try construction.attributes.types("component_types")
    let shapes = try construction.attributes.shapes("shapes")
    guard try construction.attributes.int("capacity") == -1 else {
      throw StatusError.invalidArgument(
        "Barrier only accepts capacity=-1.  Feed the inputs to your Barrier through a queue to "
          + "enforce a limited capacity.")
    }
    guard shapes.count == types.count else {
      throw StatusError.invalidArgument("All of the component shapes must be specified")
    }
    let batch = try QueueSpecification(
      .fifo,
      [
        "component_types": .types([.int64, .string] + types),
        "shapes": .shapes([.scalar, .scalar] + shapes), "capacity": -1,
      ])
    let source = try SharedResource<SharedBarrier>(construction)
    return HandleKernel(construction, typeName: "N10tensorflow7barrier7BarrierE") { resources in
      let found = try source.resource(in: resources) { (name) throws(StatusError) in
        SharedBarrier(name: name, types: types, shapes: shapes, batch: batch)
      } check: { (barrier) throws(StatusError) in
        guard barrier.types == types else {
          throw .invalidArgument(
            "Shared barrier '\(barrier.name)' has component types "
              + "\(KernelConstruction.list(barrier.types)) but requested component types were "
              + KernelConstruction.list(types))
        }
        guard barrier.shapes == shapes else {
          throw .invalidArgument(
            "Shared barrier '\(barrier.name)' has component shapes "
              + "\(QueueSpecification.list(barrier.shapes)) but requested component shapes were "
              + QueueSpecification.list(shapes))
        }
      }
      return (found.resource, found.container, found.name)
    }
  }
}

/// Sets one component of the elements of some keys.
enum BarrierInsertMany: StatefulOp {
  static let signature = OpSignature(
    "BarrierInsertMany", inputs: ["handle: Ref(string)", "keys: string", "values: T"],
    attributes: ["T: type", "component_index: int"])
  static let shapes = ShapeFunction { context in
    try context.checkHandle()
    let keys = try context.requireRank(1, 1)
    let values = try context.requireRank(2, atLeast: 1)
    _ = try ShapeContext.merge(keys[0], values[0])
  }
  static let kernels = KernelTable { construction in
    let index = try construction.attributes.int("component_index")
    let inputs = construction.inputTypes
    return BarrierKernel(construction) { barrier, context in
      guard index >= 0, index < barrier.types.count else {
        throw StatusError.invalidArgument(
          "The component ID is out of range \(index) > num_components (= \(barrier.types.count))")
      }
      try construction.checkSignature(
        inputs: inputs.prefix(2) + [barrier.types[index]], outputs: [])
      let keys = try context.input(1).scalars(of: ByteString.self)
      let values = try rows(
        context.input(2), keys.count, barrier.shapes[index], context)
      try barrier.room.update { (state) throws(StatusError) in
        try state.insert(keys, values, component: index, of: barrier.types.count)
      }
      return nil
    }
  }

  /// The values of single elements, in memory that the barrier may keep.
  private static func rows(
    _ values: AnyTensor, _ count: Int, _ shape: PartialShape, _ context: borrowing KernelContext
  ) throws(StatusError) -> [AnyTensor] {
    guard count == 0 || values.elementCount > 0 else {
      throw .invalidArgument(
        "Tensors with no elements are not supported: received shape \(values.shape)")
    }
    guard values.shape.rank > 0, values.shape[0] == count else {
      throw .invalidArgument(
        "Expected values for \(count) keys, got a tensor of shape \(values.shape)")
    }
    let batch = QueueElement([values], row: 0)
    guard shape.isCompatible(with: try batch.shape(0)) else {
      throw .invalidArgument(
        "Shape mismatch in tuple component. Expected \(shape), got \(try batch.shape(0))")
    }
    var result: [AnyTensor] = []
    for row in 0..<count {
      result.append(
        try QueueElement([values], row: row).component(0).kept(budget: context.budget))
    }
    return result
  }
}

/// Takes whole elements, those first whose first component came first; waits until there are enough.
enum BarrierTakeMany: StatefulOp {
  static let signature = OpSignature(
    "BarrierTakeMany", inputs: ["handle: Ref(string)", "num_elements: int32"],
    outputs: ["indices: int64", "keys: string", "values: component_types"],
    attributes: [
      "component_types: list(type) >= 1", "allow_small_batch: bool = false",
      "wait_for_incomplete: bool = false", "timeout_ms: int = -1",
    ])
  static let shapes = ShapeFunction.unknownOfHandle
  static let kernels = KernelTable { construction in
    guard try construction.attributes.int("timeout_ms") == -1 else {
      throw StatusError.invalidArgument("Timeout not supported yet.")
    }
    let allowsFewer = try construction.attributes.bool("allow_small_batch")
    return BarrierKernel(construction) { barrier, context in
      try construction.checkSignature(
        inputs: construction.inputTypes, outputs: [.int64, .string] + barrier.types)
      var count = Int(try context.scalar(1, of: Int32.self))
      guard count >= 0 else {
        throw StatusError.invalidArgument("BarrierTakeMany requested \(count) < 0 elements")
      }
      count = try barrier.room.read { (state) throws(StatusError) in
        try deliverable(count, state, allowsFewer)
      }
      let request = DequeueManyRequest(count, allowsFewer: allowsFewer, of: barrier.batch)
      guard count > 0 else {
        try request.deliver(to: context)
        return nil
      }
      return try barrier.room.submit(BarrierTakeRequest(request), context)
    }
  }

  /// How many elements to ask for: a closed barrier may not have as many.
  private static func deliverable(
    _ count: Int, _ state: BarrierState, _ allowsFewer: Bool
  ) throws(StatusError) -> Int {
    guard state.isClosed else { return count }
    let size = state.ready.count
    let wanted = allowsFewer ? Swift.min(count, size) : count
    let available = allowsFewer ? size : size + state.incomplete.count
    guard available >= Swift.max(wanted, 1) else {
      throw .outOfRange(
        "Barrier '\(state.name)' is closed and has insufficient elements (requested \(wanted), "
          + "total size \(available))")
    }
    return wanted
  }
}

/// Closes a barrier: incomplete elements may still be completed, unless insertions are cancelled.
enum BarrierClose: StatefulOp {
  static let signature = OpSignature(
    "BarrierClose", inputs: ["handle: Ref(string)"],
    attributes: ["cancel_pending_enqueues: bool = false"])
  static let shapes = ShapeFunction.unknownOfHandle
  static let kernels = KernelTable { construction in
    let cancels = try construction.attributes.bool("cancel_pending_enqueues")
    return BarrierKernel(construction) { barrier, _ in
      try barrier.room.update { (state) throws(StatusError) in
        guard !state.isClosed || (cancels && !state.cancelsInsertions) else {
          throw StatusError(.cancelled, "Barrier '\(state.name)' is already closed.")
        }
        state.isClosed = true
        state.cancelsInsertions = cancels
        if cancels { state.incomplete = [:] }
        if state.incomplete.isEmpty { state.ready.isClosed = true }
      }
      return nil
    }
  }
}

/// The number of whole elements.
enum BarrierReadySize: StatefulOp {
  static let signature = OpSignature(
    "BarrierReadySize", inputs: ["handle: Ref(string)"], outputs: ["size: int32"])
  static let shapes = ShapeFunction.scalarOfHandle
  static let kernels = KernelTable { construction in
    BarrierKernel(construction) { barrier, context in
      let count = try barrier.room.read { $0.ready.count }
      try context.setScalar(0, Int32(clamping: count))
      return nil
    }
  }
}

/// The number of elements that still lack components.
enum BarrierIncompleteSize: StatefulOp {
  static let signature = OpSignature(
    "BarrierIncompleteSize", inputs: ["handle: Ref(string)"], outputs: ["size: int32"])
  static let shapes = ShapeFunction.scalarOfHandle
  static let kernels = KernelTable { construction in
    BarrierKernel(construction) { barrier, context in
      let count = try barrier.room.read { $0.incomplete.count }
      try context.setScalar(0, Int32(clamping: count))
      return nil
    }
  }
}

/// A kernel that works on the barrier of input 0, and may have to wait for it.
private final class BarrierKernel: AsyncKernel {
  typealias Body = @Sendable (SharedBarrier, borrowing KernelContext) throws -> (any Suspension)?

  private let input: ResourceInput<SharedBarrier>
  private let body: Body

  init(_ construction: KernelConstruction, _ body: @escaping Body) {
    input = ResourceInput(construction)
    self.body = body
  }

  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
    let barrier = try input.find(context)
    do { return try body(barrier, context) } catch { throw StatusError.wrapping(error) }
  }
}
