import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport
import Synchronization

/// Sparse tensors of a session by number, each taken out once. Thread-safe.
final class SparseStore: Resource {
  /// Indices, values and shape.
  typealias Parts = [AnyTensor]

  private struct State {
    var parts: [Int64: Parts] = [:]
    var next: Int64 = 0
  }
  private let state = Mutex(State())
  private let name: String

  init(_ name: String) { self.name = name }

  var summary: String { "\(state.withLock { $0.parts.count }) sparse tensors of \(name)" }

  func put(_ parts: Parts) -> Int64 {
    state.withLock { state in
      defer { state.next += 1 }
      state.parts[state.next] = parts
      return state.next
    }
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if there is none of that number any more.
  func take(_ handle: Int64) throws(StatusError) -> Parts {
    guard let parts = state.withLock({ $0.parts.removeValue(forKey: handle) }) else {
      throw .invalidArgument("Unable to find SparseTensor: \(handle) in map: \(name)")
    }
    return parts
  }

  /// Finds or makes the store that a node names.
  struct Source: Sendable {
    private let container: String
    private let name: String

    init(_ construction: KernelConstruction) throws(StatusError) {
      container = try construction.attributes.string("container")
      let shared = try construction.attributes.string("shared_name")
      name = shared.isEmpty ? construction.nodeName : shared
    }

    func store(_ context: borrowing KernelContext) throws(StatusError) -> SparseStore {
      try context.resources.findOrMake(SparseStore.self, container: container, name: name) {
        SparseStore(name)
      }
    }
  }
}

/// Keeps a sparse tensor, and outputs its number.
enum AddSparseToTensorsMap: FileOp {
  static let signature = OpSignature(
    "AddSparseToTensorsMap",
    inputs: ["sparse_indices: int64", "sparse_values: T", "sparse_shape: int64"],
    outputs: ["sparse_handle: int64"],
    attributes: ["T: type", "container: string = \"\"", "shared_name: string = \"\""],
    isStateful: true)
  static let shapes = ShapeFunction { context in
    try SparseMessage.checkRanks(context)
    context.setOutput(0, .scalar)
  }
  static let kernels = KernelTable { construction in
    let source = try SparseStore.Source(construction)
    return ClosureKernel { context in
      try SparseMessage.check(context)
      try context.setScalar(0, source.store(context).put(context.inputs(0..<3)))
    }
  }
}

/// Keeps the rows of a sparse tensor, and outputs their numbers.
enum AddManySparseToTensorsMap: FileOp {
  static let signature = OpSignature(
    "AddManySparseToTensorsMap",
    inputs: ["sparse_indices: int64", "sparse_values: T", "sparse_shape: int64"],
    outputs: ["sparse_handles: int64"],
    attributes: ["T: type", "container: string = \"\"", "shared_name: string = \"\""],
    isStateful: true)
  static let shapes = ShapeFunction { context in
    try SparseMessage.checkRanks(context)
    context.setOutput(0, [nil])
  }
  static let kernels = KernelTable(where: ["T": .everything]) { construction in
    let source = try SparseStore.Source(construction)
    return ClosureKernel { context in
      try SparseMessage.check(context)
      let store = try source.store(context)
      var handles: [Int64] = []
      try SparseMessage.forEachRow(context) { parts throws(StatusError) in
        handles.append(store.put(parts))
      }
      try context.setOutput(
        0, AnyTensor(handles, shape: Shape(vector: handles.count), budget: context.budget))
    }
  }
}

/// Takes kept sparse tensors out and stacks them.
enum TakeManySparseFromTensorsMap: FileOp {
  static let signature = OpSignature(
    "TakeManySparseFromTensorsMap", inputs: ["sparse_handles: int64"],
    outputs: ["sparse_indices: int64", "sparse_values: dtype", "sparse_shape: int64"],
    attributes: ["dtype: type", "container: string = \"\"", "shared_name: string = \"\""],
    isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 1)
    context.setOutput(0, [nil, nil])
    context.setOutput(1, [nil])
    context.setOutput(2, [nil])
  }
  static let kernels = KernelTable(where: ["dtype": .everything]) { construction in
    let source = try SparseStore.Source(construction)
    let dtype = try construction.attributes.type("dtype").base
    return ClosureKernel { context in
      let input = try context.input(0)
      guard input.shape.rank == 1 else {
        throw StatusError.invalidArgument(
          "sparse_handles should be a vector but received shape \(input.shape)")
      }
      guard input.elementCount > 0 else {
        throw StatusError.invalidArgument("Must have at least 1 serialized SparseTensor")
      }
      let store = try source.store(context)
      let handles = try input.scalars(of: Int64.self)
      try SparseStack.compute(context, outer: [handles.count], dtype) {
        (index) throws(StatusError) in try store.take(handles[index])
      }
    }
  }
}
