/// A shape of which some sizes, or even the rank, may be unknown.
public struct PartialShape: Hashable, Sendable {
  // Unknown sizes are -1; nil means unknown rank.
  @usableFromInline let stored: [Int]?

  /// A shape of unknown rank.
  public static let unknown = PartialShape(nil as [Int]?)
  /// The shape of a scalar.
  public static let scalar = PartialShape([] as [Int])

  /// A shape of the given sizes; `nil` is an unknown size.
  public init(_ sizes: [Int?]) { stored = sizes.map { Swift.max($0 ?? -1, -1) } }

  /// A shape of the given sizes, -1 (or any negative number) meaning unknown; `nil` is unknown rank.
  public init(_ sizes: [Int]?) { stored = sizes?.map { Swift.max($0, -1) } }

  public init(_ shape: Shape) { stored = shape.sizes }

  /// A shape of `rank` unknown sizes.
  public static func unknown(rank: Int) -> PartialShape {
    PartialShape([Int](repeating: -1, count: Swift.max(rank, 0)))
  }

  /// The number of dimensions, if known.
  public var rank: Int? { stored?.count }

  /// The sizes with `nil` for unknown ones; `nil` for unknown rank.
  public var sizes: [Int?]? { stored?.map { $0 < 0 ? nil : $0 } }

  /// The size of dimension `index`; `nil` if it, or the rank, is unknown or the index is outside.
  public subscript(index: Int) -> Int? {
    guard let stored, index >= 0, index < stored.count, stored[index] >= 0 else { return nil }
    return stored[index]
  }

  public var isFullyDefined: Bool { stored?.allSatisfy { $0 >= 0 } ?? false }

  /// The shape without unknowns, if there are none and the element count fits `Int`.
  public var fullyDefined: Shape? {
    guard let stored, isFullyDefined else { return nil }
    // A product that overflows is not a shape that a tensor can have: "not defined" is the answer.
    return try? Shape(stored)
  }

  /// The number of elements, if every size is known and the product fits `Int`.
  public var elementCount: Int? { fullyDefined?.elementCount }

  /// Whether a tensor of `shape` may stand where this shape is asked for.
  public func isCompatible(with shape: Shape) -> Bool {
    guard let stored else { return true }
    guard stored.count == shape.rank else { return false }
    for index in stored.indices where stored[index] >= 0 && stored[index] != shape[index] {
      return false
    }
    return true
  }

  /// Whether some shape fits both.
  public func isCompatible(with other: PartialShape) -> Bool {
    guard let a = stored, let b = other.stored else { return true }
    return a.count == b.count && zip(a, b).allSatisfy { $0 < 0 || $1 < 0 || $0 == $1 }
  }

  /// What is known from either shape.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if they contradict each other.
  public func merged(with other: PartialShape) throws(StatusError) -> PartialShape {
    guard let a = stored else { return other }
    guard let b = other.stored else { return self }
    guard a.count == b.count else {
      throw .invalidArgument("Shapes must be equal rank, but are \(a.count) and \(b.count)")
    }
    var result = a
    for index in a.indices {
      if a[index] < 0 {
        result[index] = b[index]
      } else if b[index] >= 0, a[index] != b[index] {
        throw .invalidArgument(
          "Dimension \(index) in both shapes must be equal, but are \(a[index]) and \(b[index]). "
            + "Shapes are \(self) and \(other).")
      }
    }
    return PartialShape(result)
  }

  /// What both shapes have in common: sizes that differ become unknown.
  public func relaxed(with other: PartialShape) -> PartialShape {
    guard let a = stored, let b = other.stored, a.count == b.count else { return .unknown }
    return PartialShape(zip(a, b).map { $0 == $1 ? $0 : -1 })
  }

  /// This shape followed by another.
  public func concatenated(with other: PartialShape) -> PartialShape {
    guard let a = stored, let b = other.stored else { return .unknown }
    return PartialShape(a + b)
  }

  /// The dimensions in `range`, which is clamped to the rank.
  public func dimensions(in range: Range<Int>) -> PartialShape {
    guard let stored else { return .unknown }
    return PartialShape(Array(stored[range.clamped(to: 0..<stored.count)]))
  }

  /// This shape with dimension `index` replaced; unchanged if the rank is unknown or too small.
  public func replacing(_ index: Int, with size: Int?) -> PartialShape {
    guard var sizes = stored, sizes.indices.contains(index) else { return self }
    sizes[index] = Swift.max(size ?? -1, -1)
    return PartialShape(sizes)
  }
}

extension PartialShape: ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: Int?...) { self.init(elements) }
}

extension PartialShape: CustomStringConvertible {
  /// `[2,?]`, or `<unknown>` for unknown rank.
  public var description: String {
    guard let stored else { return "<unknown>" }
    return "[" + stored.map { $0 < 0 ? "?" : String($0) }.joined(separator: ",") + "]"
  }
}
