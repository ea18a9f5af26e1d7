public import LoomCore
public import LoomGraph

/// What a scatter does with the rows it meets.
public enum ScatterUpdate: String, Sendable, Hashable, CaseIterable {
  /// Rows are replaced; of several updates of one row, the last one stays.
  case update = "Update"
  case add = "Add"
  case subtract = "Sub"
  case multiply = "Mul"
  case divide = "Div"
  case minimum = "Min"
  case maximum = "Max"
}

extension AnyVariable {
  /// Changes rows of the variable; the result is the new value.
  ///
  /// - Parameters:
  ///   - rows: int32 or int64, of any shape: positions along the first dimension.
  ///   - values: `rows.shape + variable.shape[1...]`, or a scalar.
  /// - Throws: ``StatusError/Code/invalidArgument`` if shapes do not fit; at run time the same code for
  ///   positions outside of the variable.
  /// - SeeAlso: TensorFlow ops `ScatterUpdate`, `ResourceScatterUpdate` and their kin.
  @discardableResult
  public func scatter(
    _ change: ScatterUpdate, at rows: AnyOutput, _ values: AnyOutput, name: String? = nil
  ) throws(StatusError) -> AnyOutput {
    guard isResource else {
      return try graph.build("Scatter\(change.rawValue)", [handle, rows, values], name: name)
    }
    let update = try graph.addOperation(
      "ResourceScatter\(change.rawValue)", inputs: [handle, rows, values], name: name)
    return try graph.withControlDependencies(on: [update]) { () throws(StatusError) in
      try read()
    }
  }
}

extension Variable {
  /// Changes rows of the variable; the result is the new value.
  ///
  /// - Parameters:
  ///   - rows: Positions along the first dimension.
  ///   - values: `rows.shape + variable.shape[1...]`, or a scalar.
  /// - Throws: ``StatusError/Code/invalidArgument`` if shapes do not fit; at run time the same code for
  ///   positions outside of the variable.
  @discardableResult
  public func scatter<Index: IntegerScalar>(
    _ change: ScatterUpdate, at rows: Output<Index>, _ values: Output<Scalar>,
    name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    try Output(erased.scatter(change, at: rows.erased, values.erased, name: name))
  }
}
