public import LoomCore

/// The ops a graph may use: a value, put together at the top and passed down.
public struct OpRegistry: Sendable {
  private var definitions: [String: any OpDefinition.Type]

  /// - Throws: ``StatusError/Code/alreadyExists`` if an op stands twice,
  ///   ``StatusError/Code/invalidArgument`` if a signature can't be read.
  public init(_ definitions: [any OpDefinition.Type] = []) throws(StatusError) {
    self.definitions = [:]
    self.definitions.reserveCapacity(definitions.count)
    for definition in definitions { try add(definition) }
  }

  /// A registry without ops.
  public static let empty = OpRegistry()

  private init() { definitions = [:] }

  private mutating func add(_ definition: any OpDefinition.Type) throws(StatusError) {
    let signature = definition.signature
    guard signature.problems.isEmpty else {
      throw .invalidArgument(signature.problems.joined(separator: "\n"))
    }
    guard definitions.updateValue(definition, forKey: signature.name) == nil else {
      throw StatusError(.alreadyExists, "Op '\(signature.name)' is registered twice")
    }
  }

  /// This registry and more ops.
  public func adding(_ definitions: any OpDefinition.Type...) throws(StatusError) -> OpRegistry {
    var result = self
    for definition in definitions { try result.add(definition) }
    return result
  }

  public subscript(name: String) -> (any OpDefinition.Type)? { definitions[name] }

  /// All ops, sorted by name.
  public var all: [any OpDefinition.Type] {
    definitions.values.sorted { $0.signature.name < $1.signature.name }
  }

  public var count: Int { definitions.count }
}
