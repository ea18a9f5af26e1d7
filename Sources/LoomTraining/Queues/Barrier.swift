public import LoomCore
public import LoomGraph

/// A store of elements whose components arrive one by one, under the element's key. Elements leave when
/// they are whole, those first whose first component came first.
public struct Barrier: Sendable {
  public let handle: AnyOutput
  public let types: [DType]
  public let shapes: [PartialShape]

  public var graph: Graph { handle.graph }

  /// Whole elements.
  public struct Elements: Sendable {
    /// Number the insertions that brought the elements' first components.
    public var indices: Output<Int64>
    public var keys: Output<ByteString>
    public var components: [AnyOutput]
  }

  /// Sets one component of the elements of some keys.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there is no such component; at run time if an
  ///   element has it already, ``StatusError/Code/cancelled`` for new keys once the barrier is closed.
  /// - SeeAlso: TensorFlow op `BarrierInsertMany`.
  public func insertMany(
    component index: Int, keys: Output<ByteString>, values: AnyOutput, name: String? = nil
  ) throws(StatusError) -> Operation {
    guard types.indices.contains(index), values.dtype.base == types[index] else {
      throw .invalidArgument(
        "A barrier of \(types) has no component \(index) of \(values.dtype.base)")
    }
    return try graph.addOperation(
      "BarrierInsertMany", inputs: [handle, keys.erased, values],
      attributes: ["component_index": .int(Int64(index))], name: name)
  }

  /// Takes whole elements out; waits until there are as many.
  ///
  /// - Parameter allowsFewer: Whether what is left of a closed barrier will do.
  /// - Throws: at run time ``StatusError/Code/outOfRange`` if a closed barrier has too few.
  /// - SeeAlso: TensorFlow op `BarrierTakeMany`.
  public func takeMany(
    _ count: Int, allowsFewer: Bool = false, name: String? = nil
  ) throws(StatusError) -> Elements {
    let outputs = try graph.addOperation(
      "BarrierTakeMany", inputs: [handle, graph.constantInt(count)],
      attributes: [
        "component_types": .types(types), "allow_small_batch": .bool(allowsFewer),
      ], name: name
    ).outputs
    let rows = PartialShape([allowsFewer ? nil : count])
    for output in outputs.prefix(2) { try output.setShape(rows) }
    let components = Array(outputs.dropFirst(2))
    for (index, output) in components.enumerated() {
      try output.setShape(rows.concatenated(with: shapes[index]))
    }
    return try Elements(
      indices: Output(outputs[0]), keys: Output(outputs[1]), components: components)
  }

  /// Closes the barrier to new keys, and to all insertions if those are cancelled.
  ///
  /// - SeeAlso: TensorFlow op `BarrierClose`.
  public func close(
    cancellingPendingEnqueues: Bool = false, name: String? = nil
  ) throws(StatusError) -> Operation {
    try graph.addOperation(
      "BarrierClose", inputs: [handle],
      attributes: ["cancel_pending_enqueues": .bool(cancellingPendingEnqueues)], name: name)
  }

  /// The number of whole elements.
  public func readySize(name: String? = nil) throws(StatusError) -> Output<Int32> {
    try Output(graph.build("BarrierReadySize", [handle], name: name))
  }

  /// The number of elements that still lack components.
  public func incompleteSize(name: String? = nil) throws(StatusError) -> Output<Int32> {
    try Output(graph.build("BarrierIncompleteSize", [handle], name: name))
  }
}

extension Graph {
  /// A barrier for elements of the given components.
  ///
  /// - SeeAlso: TensorFlow op `Barrier`.
  public func barrier(
    types: [DType], shapes: [PartialShape], sharedName: String? = nil, name: String? = nil
  ) throws(StatusError) -> Barrier {
    guard types.count == shapes.count else {
      throw .invalidArgument("All of the component shapes must be specified")
    }
    let handle = try build(
      "Barrier", [],
      [
        "component_types": .types(types), "shapes": .shapes(shapes),
        "shared_name": .string(ByteString(sharedName ?? "")),
      ], name: name ?? "barrier")
    return Barrier(handle: handle, types: types, shapes: shapes)
  }
}
