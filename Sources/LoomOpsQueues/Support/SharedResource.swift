import LoomCore
import LoomKernels
import Synchronization

/// Where an operation that makes a shared resource keeps it: by container and name, remembered from run
/// to run.
final class SharedResource<R: Resource>: Sendable {
  private let container: String
  private let sharedName: String
  private let nodeName: String
  private let privateName: String
  private let usesNodeName: Bool

  private struct Found {
    let manager: ObjectIdentifier
    let generation: Int
    let resource: R
    let name: String
  }
  private let found = Mutex<Found?>(nil)

  /// - Parameter usesNodeName: whether the node's name is what the resource is called without a shared
  ///   name; otherwise only the node can reach it.
  /// - Throws: ``StatusError/Code/invalidArgument`` for names TensorFlow refuses.
  init(_ construction: KernelConstruction, usesNodeName: Bool = false) throws(StatusError) {
    self.usesNodeName = usesNodeName
    container = try construction.attributes.string("container")
    sharedName = try construction.attributes.string("shared_name")
    nodeName = construction.nodeName
    privateName = construction.privateName
    guard container.utf8.allSatisfy(SharedResource.isAllowed) else {
      throw .invalidArgument("container contains invalid characters: \(container)")
    }
    guard !sharedName.hasPrefix("_") else {
      throw .invalidArgument("shared_name cannot start with '_':\(sharedName)")
    }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "/"):
      true
    default: false
    }
  }

  /// The resource with its container and name, made if there is none.
  ///
  /// - Parameters:
  ///   - make: Makes a resource of the given name.
  ///   - check: Refuses one that somebody else made in another way.
  func resource(
    in resources: ResourceManager, make: (String) throws(StatusError) -> R,
    check: (R) throws(StatusError) -> Void = { (_) throws(StatusError) in }
  ) throws(StatusError) -> (resource: R, container: String, name: String) {
    let container = container.isEmpty ? resources.defaultContainer : container
    let (manager, generation) = (ObjectIdentifier(resources), resources.generation)
    let known = found.withLock { found -> Found? in
      guard let found, found.manager == manager, found.generation == generation else { return nil }
      return found
    }
    if let known { return (known.resource, container, known.name) }
    var name = sharedName
    if name.isEmpty && usesNodeName {
      name = nodeName
    } else if name.isEmpty {
      // Named after the node, and a number, as TensorFlow names what only one node may use.
      name = try resources.findOrMake(
        PrivateName.self, container: container, name: privateName
      ) {
        PrivateName("_\(resources.nextNumber())_\(nodeName)")
      }.name
    }
    let resource = try resources.findOrMake(R.self, container: container, name: name) {
      () throws(StatusError) in try make(name)
    }
    try check(resource)
    found.withLock {
      $0 = Found(manager: manager, generation: generation, resource: resource, name: name)
    }
    return (resource, container, name)
  }
}

/// The name of a resource that belongs to one node.
private final class PrivateName: Resource {
  let name: String

  init(_ name: String) { self.name = name }

  var summary: String { "the name \(name)" }
}
