public import LoomCore

/// The kernels of an op: alternatives by the values of its type attributes.
public struct KernelTable: Sendable {
  public struct Entry: Sendable {
    /// Type attribute -> dtypes the kernel takes. Attributes that are not named may be anything.
    public let constraints: [String: Set<DType>]
    public let make: @Sendable (KernelConstruction) throws -> any Kernel
  }

  public private(set) var entries: [Entry]

  /// Kernels that any dtypes may use.
  public init(_ make: @escaping @Sendable (KernelConstruction) throws -> any Kernel) {
    entries = [Entry(constraints: [:], make: make)]
  }

  public init(
    where constraints: [String: Set<DType>],
    _ make: @escaping @Sendable (KernelConstruction) throws -> any Kernel
  ) {
    entries = [Entry(constraints: constraints, make: make)]
  }

  private init(entries: [Entry]) { self.entries = entries }

  /// The op has no kernel of its own: the executor acts on its role.
  public static let none = KernelTable(entries: [])

  /// One closure for all dtypes.
  public static func closure(
    _ body: @escaping @Sendable (borrowing KernelContext) throws -> Void
  ) -> KernelTable {
    KernelTable { _ in ClosureKernel(body) }
  }

  /// These alternatives, then those of `other`.
  public func or(_ other: KernelTable) -> KernelTable {
    KernelTable(entries: entries + other.entries)
  }

  /// Whether some kernel takes these attributes.
  public func supports(_ attributes: Attributes) -> Bool { entry(for: attributes) != nil }

  private func entry(for attributes: Attributes) -> Entry? {
    entries.first { entry in
      entry.constraints.allSatisfy { name, allowed in
        switch attributes[name] {
        case .type(let type): allowed.contains(type.base)
        case .list(let types):
          types.allSatisfy {
            if case .type(let type) = $0 { allowed.contains(type.base) } else { false }
          }
        default: true
        }
      }
    }
  }

  /// The kernel for a node.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if no kernel takes the node's dtypes; what the
  ///   kernel's initialiser throws.
  public func kernel(for construction: KernelConstruction) throws(StatusError) -> any Kernel {
    guard let entry = entry(for: construction.attributes) else {
      let types = construction.attributes.values.compactMap { name, value -> String? in
        if case .type(let type) = value { "\(name)=\(type)" } else { nil }
      }
      throw .invalidArgument(
        "No OpKernel was registered to support Op '\(construction.op)' used by "
          + "{{node \(construction.nodeName)}} with these attrs: [\(types.sorted().joined(separator: ", "))]"
      )
    }
    do { return try entry.make(construction) } catch { throw StatusError.wrapping(error) }
  }
}
