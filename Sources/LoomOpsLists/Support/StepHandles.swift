import LoomCore
import LoomGraph
import LoomKernels

// TensorArrays and stacks live as long as a step. A resource handle carries the object itself; handles of
// the first two generations are pairs of strings, by which the object is looked up in the step.

/// An object that lives as long as the step that made it.
protocol StepResource: Resource {
  var stepID: Int { get }
}

extension KernelContext {
  /// The object that handle input `index` stands for.
  ///
  /// - Parameter kind: What the handle is called in errors.
  /// - Throws: ``StatusError/Code/notFound`` if the step has no such object,
  ///   ``StatusError/Code/invalidArgument`` if the input is no handle of one.
  func stepResource<R: StepResource>(
    _ type: R.Type, _ index: Int, kind: String
  ) throws(StatusError) -> R {
    let tensor = try input(index)
    guard tensor.dtype == .resource else {
      return try named(type, tensor, kind)
    }
    let handles = try tensor.span(of: ResourceHandle.self)
    guard handles.count > 0 else {
      throw .invalidArgument("\(kind) handle must not be empty")
    }
    guard let found = handles[0].resource as? R else { throw unusable(handles[0], kind) }
    // A handle may outlast its step, in a queue or a feed; what it stands for does not.
    guard found.stepID == services.stepID else { throw gone(handles[0]) }
    return found
  }

  @inline(never)
  private func named<R: Resource>(
    _ type: R.Type, _ tensor: AnyTensor, _ kind: String
  ) throws(StatusError) -> R {
    guard tensor.elementCount == 2 else {
      throw .invalidArgument(
        "\(kind) handle must have two elements, but had shape: \(tensor.shape)")
    }
    let parts = try tensor.span(of: ByteString.self)
    return try services.stepResources.find(
      type, container: "", name: parts[0].string + parts[1].string)
  }

  @inline(never)
  private func gone(_ handle: ResourceHandle) -> StatusError {
    .notFound(
      "Container \(handle.container) does not exist. "
        + "(Could not find resource: \(handle.container)/\(handle.name))")
  }

  @inline(never)
  private func unusable(_ handle: ResourceHandle, _ kind: String) -> StatusError {
    if let other = handle.resource {
      return .invalidArgument(
        "Trying to access resource \(handle.name) as a \(kind), but it is \(other.summary)")
    }
    return .notFound(
      "Resource \(handle.container)/\(handle.name)/\(kind) does not exist. "
        + "(Could not find resource: \(handle.container)/\(handle.name))")
  }

  /// Keeps `resource` for the rest of the step, under the name that a pair of strings spells.
  ///
  /// - Returns: the pair, as a handle of the first two generations.
  func keep<R: Resource>(
    _ resource: R, container: String, name: String
  ) throws(StatusError) -> AnyTensor {
    _ = try services.stepResources.findOrMake(R.self, container: "", name: container + name) {
      () throws(StatusError) in resource
    }
    return try AnyTensor([ByteString(container), ByteString(name)], shape: Shape(vector: 2))
  }

  /// Sets output `index` to a handle that carries `resource`.
  func setHandle(
    _ index: Int, _ resource: any Resource, name: String, type: String
  ) throws(StatusError) {
    try setOutput(
      index,
      AnyTensor(
        scalar: ResourceHandle(
          container: "__per_step_\(services.stepID)", name: name, typeName: type,
          resource: resource)))
  }

  /// Input `index`, a scalar of a 32-bit integer.
  func int32(_ index: Int, _ what: @autoclosure () -> String) throws(StatusError) -> Int {
    let tensor = try input(index)
    guard tensor.shape.isScalar else {
      throw .invalidArgument("\(what()) must be scalar, but had shape: \(tensor.shape)")
    }
    return Int(try tensor.span(of: Int32.self)[0])
  }
}

extension ShapeContext {
  /// Checks that input `index` can be a handle: a vector of two strings, which shape functions also take
  /// resource handles for.
  func requirePair(_ index: Int) throws(StatusError) {
    let handle = try requireRank(index, 1)
    if let size = handle[0], size != 2 {
      throw .invalidArgument("Dimension must be 2 but is \(size)")
    }
  }
}
