import LoomCore
import LoomKernels

/// What a queue is made as: its kind, limits and the components of its elements.
struct QueueSpecification: Sendable {
  enum Kind: String, Sendable {
    case fifo = "FIFOQueue"
    case shuffle = "RandomShuffleQueue"
    case padding = "PaddingFIFOQueue"
    case priority = "PriorityQueue"
  }

  let kind: Kind
  /// `nil`: no limit.
  let capacity: Int?
  let types: [DType]
  /// One for each component, or none if they are not specified.
  let shapes: [PartialShape]
  let minimumAfterDequeue: Int
  let seed: Int
  let seed2: Int

  static let unlimited = Int(Int32.max)

  var limit: Int { capacity ?? Self.unlimited }

  /// - Throws: ``StatusError/Code/invalidArgument`` for attributes TensorFlow refuses.
  init(_ kind: Kind, _ attributes: Attributes) throws(StatusError) {
    self.kind = kind
    let capacity = try attributes.int("capacity")
    self.capacity = capacity < 0 ? nil : capacity
    let types = try attributes.types("component_types")
    let shapes = try attributes.shapes("shapes")
    if kind == .priority {
      self.types = [.int64] + types
      self.shapes = shapes.isEmpty ? [] : [.scalar] + shapes
    } else {
      self.types = types
      self.shapes = shapes
    }
    minimumAfterDequeue = kind == .shuffle ? try attributes.int("min_after_dequeue") : 0
    seed = kind == .shuffle ? try attributes.int("seed") : 0
    seed2 = kind == .shuffle ? try attributes.int("seed2") : 0
    try checkLimits()
    try checkShapes()
  }

  private func checkLimits() throws(StatusError) {
    guard minimumAfterDequeue >= 0 else {
      throw .invalidArgument("min_after_dequeue \(minimumAfterDequeue) must be >= 0")
    }
    guard kind != .shuffle || minimumAfterDequeue < limit else {
      throw .invalidArgument(
        "min_after_dequeue \(minimumAfterDequeue) must be < capacity \(limit)")
    }
  }

  private func checkShapes() throws(StatusError) {
    if kind == .padding {
      for shape in shapes where shape.rank == nil {
        throw .invalidArgument("shape \(shape) must have known rank.")
      }
      guard shapes.count == types.count || !shapes.isEmpty else {
        throw .invalidArgument(
          "Shapes must be provided for all components, but received \(types.count) dtypes and "
            + "\(shapes.count) shapes.")
      }
    } else {
      for shape in shapes where !shape.isFullyDefined {
        throw .invalidArgument("Shape \(shape) is not fully defined")
      }
    }
    guard shapes.isEmpty || shapes.count == types.count else {
      throw .invalidArgument(
        "Different number of component types.  Types: \(KernelConstruction.list(types)), "
          + "Shapes: \(Self.list(shapes))")
    }
  }

  static func list(_ shapes: [PartialShape]) -> String {
    "[" + shapes.map(\.description).joined(separator: ", ") + "]"
  }

  /// The dtypes and shapes behind a handle, for shape inference.
  var components: [ResourceHandle.Component] {
    types.indices.map {
      .init(dtype: types[$0], shape: shapes.isEmpty ? .unknown : shapes[$0])
    }
  }

  /// Refuses to share a queue with a node that asks for another.
  ///
  /// - Parameter op: the op of that node.
  func check(_ other: QueueSpecification, op: String, name: String) throws(StatusError) {
    guard kind == other.kind else {
      throw .invalidArgument("Expected \(kind.rawValue), found \(op)")
    }
    guard limit == other.limit else {
      throw .invalidArgument(
        "Shared queue '\(name)' has capacity \(limit) but requested capacity was \(other.limit)")
    }
    guard minimumAfterDequeue == other.minimumAfterDequeue else {
      throw .invalidArgument(
        "Shared queue '\(name)' has min_after_dequeue \(minimumAfterDequeue) but requested "
          + "min_after_dequeue was \(other.minimumAfterDequeue).")
    }
    guard types == other.types else {
      throw .invalidArgument(
        "Shared queue '\(name)' has component types \(KernelConstruction.list(types)) but requested "
          + "component types were \(KernelConstruction.list(other.types))")
    }
    guard fits(other.shapes) else {
      throw .invalidArgument(
        "Shared queue '\(name)' has component shapes \(Self.list(shapes)) but requested "
          + "component shapes were \(Self.list(other.shapes))")
    }
  }

  private func fits(_ other: [PartialShape]) -> Bool {
    guard kind == .padding else { return shapes == other }
    return shapes.count == other.count && zip(shapes, other).allSatisfy { $0.isCompatible(with: $1) }
  }
}
