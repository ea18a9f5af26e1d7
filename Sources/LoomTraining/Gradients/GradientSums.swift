public import LoomCore
public import LoomGraph

extension Graph {
  /// A gradient as one tensor: rows are added into zeros of the dense shape.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the dense shape of rows is not known.
  public func dense(_ gradient: Gradient) throws(StatusError) -> AnyOutput {
    switch gradient {
    case .dense(let output): return output
    case .slices(let slices): return try dense(slices)
    }
  }

  private func dense(_ slices: IndexedSlices) throws(StatusError) -> AnyOutput {
    guard let shape = slices.denseShape else {
      throw .invalidArgument(
        "Tensor conversion requested for IndexedSlices for '\(slices.values.name)' without "
          + "dense_shape")
    }
    let rows = try build(
      "StridedSlice",
      [shape, constantVector([0]), constantVector([1]), constantVector([1])],
      ["shrink_axis_mask": 1])
    return try build("UnsortedSegmentSum", [slices.values, slices.indices, rows])
  }

  /// The sum of gradients of one tensor; `nil` of none.
  func sum(
    _ gradients: [Gradient], name: String, by method: AggregationMethod
  ) throws(StatusError) -> Gradient? {
    guard gradients.count > 1 else { return gradients.first }
    var slices: [IndexedSlices] = []
    for case .slices(let element) in gradients { slices.append(element) }
    if slices.count == gradients.count { return .slices(try joined(slices)) }
    var terms: [AnyOutput] = []
    for gradient in gradients { terms.append(try dense(gradient)) }
    return .dense(try sum(terms, name: name, by: method))
  }

  private func sum(
    _ terms: [AnyOutput], name: String, by method: AggregationMethod
  ) throws(StatusError) -> AnyOutput {
    switch method {
    case .experimentalAccumulateN where terms.count > 2:
      if let shape = terms[0].shape.fullyDefined, registry["AccumulateNV2"] != nil,
        terms.allSatisfy({ $0.shape.fullyDefined == shape })
      {
        return try build("AccumulateNV2", terms, ["shape": .shape(PartialShape(shape))])
      }
      return try build("AddN", terms)
    case .experimentalTree:
      return try withNameScope(name + "_gsum") { () throws(StatusError) in
        var result = terms[0]
        for term in terms.dropFirst() { result = try build("AddN", [result, term]) }
        return result
      }
    default: return try build("AddN", terms)
    }
  }

  /// All rows of several gradients of one tensor, one after the other.
  private func joined(_ slices: [IndexedSlices]) throws(StatusError) -> IndexedSlices {
    let isMixed = Set(slices.map(\.indices.dtype)).count > 1
    var indices: [AnyOutput] = []
    for element in slices {
      indices.append(
        isMixed
          ? try build("Cast", [element.indices], ["DstT": .type(.int64)]) : element.indices)
    }
    let count = AttributeValue.int(Int64(slices.count))
    let axis = try constantInt(0, name: "axis")
    return IndexedSlices(
      values: try build("ConcatV2", slices.map(\.values) + [axis], ["N": count], name: "concat"),
      indices: try build("ConcatV2", indices + [axis], ["N": count], name: "concat"),
      denseShape: slices.lazy.compactMap(\.denseShape).first)
  }
}
