import LoomCore
import LoomKernels
import Synchronization

/// Where a kernel that names a table finds it: by container and name, remembered from run to run.
final class TableSource: Sendable {
  let container: String
  let name: String
  private struct Found {
    let manager: ObjectIdentifier
    let generation: Int
    let table: LookupTable
  }
  private let found = Mutex<Found?>(nil)

  /// By the attributes of a node. A table that no name is shared for belongs to its node alone.
  init(_ construction: KernelConstruction) throws(StatusError) {
    let attributes = construction.attributes
    container = try attributes.string("container")
    let isValid = container.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
        || "_.-/".utf8.contains($0)
    }
    guard isValid, container.first.map({ !"_-/".contains($0) }) ?? true else {
      throw .invalidArgument("container contains invalid characters: \(container)")
    }
    let shared = try attributes.string("shared_name")
    guard !shared.hasPrefix("_") else {
      throw .invalidArgument("shared_name cannot start with '_':\(shared)")
    }
    if !shared.isEmpty {
      name = shared
    } else if try attributes.bool("use_node_name_sharing") {
      name = construction.nodeName
    } else {
      name = "_0_\(construction.privateName)"
    }
  }

  /// The table, made if there is none.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if one of other dtypes has that name; what `make`
  ///   throws.
  func table(
    in resources: ResourceManager, keyType: DType, valueType: DType,
    _ make: (_ name: String, _ container: String) throws(StatusError) -> LookupTable
  ) throws(StatusError) -> LookupTable {
    let generation = resources.generation
    let manager = ObjectIdentifier(resources)
    let known = found.withLock { found -> LookupTable? in
      guard let found, found.manager == manager, found.generation == generation else { return nil }
      return found.table
    }
    if let known { return known }
    let container = container.isEmpty ? resources.defaultContainer : container
    let table = try resources.findOrMake(LookupTable.self, container: container, name: name) {
      () throws(StatusError) in
      try make(name, container)
    }
    guard table.keyType == keyType, table.valueType == valueType else {
      throw .invalidArgument(
        "Conflicting key/value dtypes \(keyType)->\(valueType) with "
          + "\(table.keyType)-\(table.valueType) for table \(name)")
    }
    found.withLock { $0 = Found(manager: manager, generation: generation, table: table) }
    return table
  }
}

extension KernelContext {
  /// The table behind input `index`: a resource handle, or a reference to container and name.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is none of that name,
  ///   ``StatusError/Code/invalidArgument`` if the input names no table.
  func table(_ index: Int) throws(StatusError) -> LookupTable {
    let tensor = try input(index)
    if tensor.dtype == .string {
      guard tensor.elementCount == 2 else {
        throw .invalidArgument(
          "Lookup table handle must be scalar, but had shape: \(tensor.shape)")
      }
      let parts = try tensor.scalars(of: ByteString.self)
      return try resources.find(
        LookupTable.self, container: parts[0].string, name: parts[1].string)
    }
    guard tensor.elementCount == 1 else {
      throw .invalidArgument("Input \(index) must be one resource handle, got \(tensor.shape)")
    }
    let handle = try tensor.element(0, of: ResourceHandle.self)
    if let resource = handle.resource {
      if let table = resource as? LookupTable { return table }
      throw .invalidArgument(
        "Trying to access resource \(handle.name) as a table, but it is \(resource.summary)")
    }
    guard !handle.name.isEmpty else {
      throw .notFound("Input \(index) is an empty resource handle, expected a table")
    }
    return try resources.find(LookupTable.self, container: handle.container, name: handle.name)
  }
}
