public import LoomCore

extension KernelContext {
  /// The variable behind the resource handle of input `index`.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is none of that name,
  ///   ``StatusError/Code/invalidArgument`` if the handle names something else.
  public func variable(_ index: Int) throws(StatusError) -> VariableCell {
    if let cell = carriedResource(index) as? VariableCell { return cell }
    let tensor = try input(index)
    guard tensor.elementCount == 1 else {
      throw .invalidArgument("Input \(index) must be one resource handle, got \(tensor.shape)")
    }
    let handles = try tensor.span(of: ResourceHandle.self)
    if let resource = handles[0].resource {
      throw .invalidArgument(
        "Trying to access resource \(handles[0].name) as a variable, but it is \(resource.summary)")
    }
    let handle = handles[0]
    guard !handle.name.isEmpty else {
      throw .notFound("Input \(index) is an empty resource handle, expected a variable")
    }
    return try resources.find(VariableCell.self, container: handle.container, name: handle.name)
  }

  /// The variable of input `index`, a reference edge or a resource handle.
  public func variable(_ index: Int, isReference: Bool) throws(StatusError) -> VariableCell {
    isReference ? try reference(index) : try variable(index)
  }
}

extension VariableCell {
  /// What TensorFlow answers when a resource variable without a value is looked up.
  @inline(never)
  public func missing() -> StatusError {
    .notFound(
      "Resource \(container)/\(name)/N10tensorflow3VarE does not exist. "
        + "(Could not find resource: \(container)/\(name))")
  }

  /// What TensorFlow answers when a resource variable without a value is read.
  @inline(never)
  public func unreadable() -> StatusError {
    .failedPrecondition(
      "Could not find variable \(name). This could mean that the variable has been deleted. In TF1, "
        + "it can also mean the variable is uninitialized. Debug info: container=\(container), "
        + "status error message=Resource \(container)/\(name)/N10tensorflow3VarE does not exist. "
        + "(Could not find resource: \(container)/\(name))")
  }
}
