public import LoomCore
public import LoomGraph

/// An array of tensors that lives for one step: what a loop reads from and writes to.
///
/// A value of a graph under construction: each write gives the array as it is afterwards, and what is read
/// from that sees the write. Elements are written once; gradients flow through reads and writes.
///
/// ```swift
/// var rows = try TensorArray<Float>(graph, size: 2)
/// rows = try rows.writing(x, at: 0).writing(y, at: 1)
/// let matrix = try rows.stacked()
/// ```
/// - SeeAlso: `tf.TensorArray`, TensorFlow op `TensorArrayV3`.
public struct TensorArray<Scalar: TensorScalar>: Sendable {
  /// The handle of the array, for ops.
  public let handle: AnyOutput
  /// What orders reads behind writes; a loop passes it from one iteration to the next.
  public let flow: Output<Float>
  /// What is known of the shapes of elements.
  public let elementShape: PartialShape
  /// Whether all elements have one shape, which the first write tells.
  private let infersShape: Bool
  /// How many elements there are for good, if that is known.
  private let count: Int?

  public var graph: Graph { handle.graph }

  /// - Parameters:
  ///   - size: How many elements there are; at least, if the array is dynamic.
  ///   - isDynamic: Writes behind the end extend the array.
  ///   - clearsAfterRead: Elements are let go of when they are read, and can be read only once.
  ///   - infersShape: All elements have the same shape; another one is an error.
  ///   - elementShape: What is known of the shapes of elements.
  public init(
    _ graph: Graph, size: Output<Int32>, isDynamic: Bool = false, clearsAfterRead: Bool = true,
    infersShape: Bool = true, elementShape: PartialShape = .unknown, name: String? = nil
  ) throws(StatusError) {
    let operation = try graph.addOperation(
      "TensorArrayV3", inputs: [size.erased],
      attributes: [
        "dtype": .type(Scalar.dtype), "element_shape": .shape(elementShape),
        "dynamic_size": .bool(isDynamic), "clear_after_read": .bool(clearsAfterRead),
        "identical_element_shapes": .bool(infersShape),
      ], name: name ?? "TensorArray")
    try self.init(
      handle: operation.output(0), flow: Output(operation.output(1)), infersShape: infersShape,
      elementShape: elementShape)
  }

  /// An array of a fixed number of elements (to begin with, if it is dynamic).
  public init(
    _ graph: Graph, size: Int, isDynamic: Bool = false, clearsAfterRead: Bool = true,
    infersShape: Bool = true, elementShape: PartialShape = .unknown, name: String? = nil
  ) throws(StatusError) {
    let array = try TensorArray(
      graph, size: graph.scalarConstant(size), isDynamic: isDynamic,
      clearsAfterRead: clearsAfterRead, infersShape: infersShape, elementShape: elementShape,
      name: name)
    try self.init(
      handle: array.handle, flow: array.flow, infersShape: infersShape, elementShape: elementShape,
      count: isDynamic ? nil : size)
  }

  /// An array that exists already, such as one that a loop passes on.
  public init(
    handle: AnyOutput, flow: Output<Float>, infersShape: Bool = true,
    elementShape: PartialShape = .unknown
  ) throws(StatusError) {
    try self.init(
      handle: handle, flow: flow, infersShape: infersShape, elementShape: elementShape, count: nil)
  }

  private init(
    handle: AnyOutput, flow: Output<Float>, infersShape: Bool, elementShape: PartialShape,
    count: Int?
  ) throws(StatusError) {
    guard handle.dtype.base == .resource else {
      throw .invalidArgument("A TensorArray's handle must be a resource, got \(handle.dtype)")
    }
    self.handle = handle
    self.flow = flow
    self.infersShape = infersShape
    self.elementShape = elementShape
    self.count = count
  }

  /// The array behind another flow: what a loop's body gets.
  public func with(flow: Output<Float>) throws(StatusError) -> TensorArray {
    try TensorArray(
      handle: handle, flow: flow, infersShape: infersShape, elementShape: elementShape,
      count: count)
  }

  /// The array after `op`, which writes tensors of the given shape.
  private func after(
    _ op: String, _ inputs: [AnyOutput], element shape: PartialShape, name: String?
  ) throws(StatusError) -> TensorArray {
    guard shape.isCompatible(with: elementShape) else {
      throw .invalidArgument("Inconsistent shapes: saw \(shape) but expected \(elementShape)")
    }
    let flow = try graph.addOperation(
      op, inputs: [handle] + inputs + [flow.erased], name: name
    ).output(0)
    return try TensorArray(
      handle: handle, flow: Output(flow), infersShape: infersShape,
      elementShape: infersShape ? elementShape.merged(with: shape) : elementShape, count: count)
  }

  // MARK: Elements

  /// Element `index`.
  ///
  /// - Throws: While running, ``StatusError/Code/invalidArgument`` if it was not written or is read a second
  ///   time although it was let go of.
  /// - SeeAlso: TensorFlow op `TensorArrayReadV3`.
  public func read(
    _ index: Output<Int32>, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    let value = try graph.addOperation(
      "TensorArrayReadV3", inputs: [handle, index.erased, flow.erased],
      attributes: ["dtype": .type(Scalar.dtype)], name: name
    ).output(0)
    try value.setShape(elementShape)
    return try Output(value)
  }

  public func read(_ index: Int, name: String? = nil) throws(StatusError) -> Output<Scalar> {
    try read(graph.scalarConstant(index), name: name)
  }

  /// The array with `value` as element `index`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the shape is known not to fit; while running, if the
  ///   element was written before.
  /// - SeeAlso: TensorFlow op `TensorArrayWriteV3`.
  public func writing(
    _ value: Output<Scalar>, at index: Output<Int32>, name: String? = nil
  ) throws(StatusError) -> TensorArray {
    try after("TensorArrayWriteV3", [index.erased, value.erased], element: value.shape, name: name)
  }

  public func writing(
    _ value: Output<Scalar>, at index: Int, name: String? = nil
  ) throws(StatusError) -> TensorArray {
    try writing(value, at: graph.scalarConstant(index), name: name)
  }

  // MARK: Many elements

  /// All elements as one tensor with a new first dimension.
  public func stacked(name: String? = nil) throws(StatusError) -> Output<Scalar> {
    let value = try gather(graph.indices(upTo: size()), name: name)
    try value.erased.setShape(PartialShape([count]).concatenated(with: elementShape))
    return value
  }

  /// The elements at `indices`, as one tensor with a new first dimension.
  ///
  /// - SeeAlso: TensorFlow op `TensorArrayGatherV3`.
  public func gather(
    _ indices: Output<Int32>, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    let value = try graph.addOperation(
      "TensorArrayGatherV3", inputs: [handle, indices.erased, flow.erased],
      attributes: ["dtype": .type(Scalar.dtype), "element_shape": .shape(elementShape)],
      name: name
    ).output(0)
    try value.setShape(PartialShape([nil]).concatenated(with: elementShape))
    return try Output(value)
  }

  /// All elements one after the other along their first dimension.
  ///
  /// - SeeAlso: TensorFlow op `TensorArrayConcatV3`.
  public func concatenated(name: String? = nil) throws(StatusError) -> Output<Scalar> {
    let row: PartialShape =
      if let rank = elementShape.rank, rank > 0 {
        elementShape.dimensions(in: 1..<rank)
      } else { .unknown }
    let value = try graph.addOperation(
      "TensorArrayConcatV3", inputs: [handle, flow.erased],
      attributes: ["dtype": .type(Scalar.dtype), "element_shape_except0": .shape(row)], name: name
    ).output(0)
    if elementShape.rank != nil { try value.setShape(PartialShape([nil]).concatenated(with: row)) }
    return try Output(value)
  }

  /// The array with the rows of `value` as its elements.
  public func unstacking(
    _ value: Output<Scalar>, name: String? = nil
  ) throws(StatusError) -> TensorArray {
    let sizes = try graph.addOperation("Shape", inputs: [value.erased]).output(0)
    let first = try graph.addOperation(
      "GatherV2",
      inputs: [sizes, graph.scalarConstant(0).erased, graph.scalarConstant(0).erased]
    ).output(0)
    return try scattering(value, at: graph.indices(upTo: Output(first)), name: name)
  }

  /// The array with the rows of `value` as elements `indices`.
  ///
  /// - SeeAlso: TensorFlow op `TensorArrayScatterV3`.
  public func scattering(
    _ value: Output<Scalar>, at indices: Output<Int32>, name: String? = nil
  ) throws(StatusError) -> TensorArray {
    try after(
      "TensorArrayScatterV3", [indices.erased, value.erased], element: value.shape.withoutFirst(),
      name: name)
  }

  /// The array with parts of `value` along its first dimension as its elements.
  ///
  /// - Parameter lengths: How long each part is.
  /// - SeeAlso: TensorFlow op `TensorArraySplitV3`.
  public func splitting(
    _ value: Output<Scalar>, lengths: Output<Int64>, name: String? = nil
  ) throws(StatusError) -> TensorArray {
    let row = try value.shape.withoutFirst()
    return try after(
      "TensorArraySplitV3", [value.erased, lengths.erased],
      element: row.rank == nil ? .unknown : PartialShape([nil]).concatenated(with: row), name: name)
  }

  // MARK: The array

  /// The number of elements.
  ///
  /// - SeeAlso: TensorFlow op `TensorArraySizeV3`.
  public func size(name: String? = nil) throws(StatusError) -> Output<Int32> {
    try Output(
      graph.addOperation("TensorArraySizeV3", inputs: [handle, flow.erased], name: name).output(0))
  }

  /// An operation that lets go of all elements before the step ends.
  ///
  /// - SeeAlso: TensorFlow op `TensorArrayCloseV3`.
  @discardableResult
  public func close(name: String? = nil) throws(StatusError) -> Operation {
    try graph.addOperation("TensorArrayCloseV3", inputs: [handle], name: name)
  }
}

extension Graph {
  fileprivate func scalarConstant(_ value: Int) throws(StatusError) -> Output<Int32> {
    guard let narrow = Int32(exactly: value) else {
      throw .invalidArgument("Expected a 32-bit size or index, got \(value)")
    }
    let tensor = try AnyTensor(scalar: narrow)
    return try Output(
      addOperation("Const", attributes: ["value": .tensor(tensor), "dtype": .type(.int32)])
        .output(0))
  }

  /// 0, 1, 2, … below `count`.
  fileprivate func indices(upTo count: Output<Int32>) throws(StatusError) -> Output<Int32> {
    try Output(
      addOperation(
        "Range", inputs: [scalarConstant(0).erased, count.erased, scalarConstant(1).erased]
      ).output(0))
  }
}
