import LoomCore
import LoomKernels
import Synchronization

/// Where a kernel that names a variable finds it: by container and name, remembered from run to run.
final class VariableSource: Sendable {
  let container: String
  let name: String
  let dtype: DType
  let shape: PartialShape
  let isReference: Bool
  private struct Found {
    let manager: ObjectIdentifier
    let generation: Int
    let cell: VariableCell
  }
  private let found = Mutex<Found?>(nil)

  init(
    container: String, name: String, dtype: DType, shape: PartialShape, isReference: Bool
  ) {
    self.container = container
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.isReference = isReference
  }

  /// By the attributes `container` and `shared_name` of a node, else by the node's name.
  convenience init(
    _ construction: KernelConstruction, isReference: Bool
  ) throws(StatusError) {
    let shared = try construction.attributes.string("shared_name")
    self.init(
      container: try construction.attributes.string("container"),
      name: shared.isEmpty ? construction.nodeName : shared,
      dtype: try construction.attributes.type("dtype").base,
      shape: try construction.attributes.shape("shape"), isReference: isReference)
  }

  /// The variable, made without a value if there is none.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if one of another dtype has that name.
  func cell(in resources: ResourceManager) throws(StatusError) -> VariableCell {
    let generation = resources.generation
    let manager = ObjectIdentifier(resources)
    let known = found.withLock { found -> VariableCell? in
      guard let found, found.manager == manager, found.generation == generation else { return nil }
      return found.cell
    }
    if let known { return known }
    let cell = try find(in: resources)
    guard cell.dtype == dtype else {
      throw .invalidArgument(
        "Trying to access variable \(name) with wrong dtype. Expected \(dtype) got \(cell.dtype)")
    }
    found.withLock { $0 = Found(manager: manager, generation: generation, cell: cell) }
    return cell
  }

  private func find(in resources: ResourceManager) throws(StatusError) -> VariableCell {
    let container = container.isEmpty ? resources.defaultContainer : container
    if isReference {
      return try resources.findOrMake(ReferenceVariable.self, container: container, name: name) {
        ReferenceVariable(
          VariableCell(name: name, container: container, dtype: dtype, declaredShape: shape))
      }.cell
    }
    return try resources.findOrMake(VariableCell.self, container: container, name: name) {
      VariableCell(name: name, container: container, dtype: dtype, declaredShape: shape)
    }
  }
}
