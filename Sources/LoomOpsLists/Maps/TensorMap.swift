import LoomCore
import LoomKernels

/// Tensors by keys that are tensors, the value of a variant. Keys are equal if dtype, shape and all elements
/// are.
struct TensorMap: Sendable {
  private(set) var entries: [AnyTensor: AnyTensor] = [:]
  /// How deep maps and lists nest, this one included.
  private(set) var nesting = 1

  /// - Throws: ``StatusError/Code/invalidArgument`` if values nest too deep.
  mutating func set(_ key: AnyTensor, to value: AnyTensor) throws(StatusError) {
    nesting = Swift.max(nesting, try value.nestingAsElement)
    entries[key] = value
  }

  mutating func remove(_ key: AnyTensor) -> AnyTensor? { entries.removeValue(forKey: key) }
}

extension TensorMap: NestedVariant, ArithmeticVariant {
  var typeName: String { "tensorflow::TensorMap" }

  /// Takes in the entries of another map; those of equal keys add.
  mutating func add(_ other: any VariantValue, depth: Int) throws(StatusError) {
    guard let other = other as? TensorMap else {
      throw .internal("Cannot add a variant of type \(other.typeName) to a tensor map")
    }
    for (key, value) in other.entries {
      guard var sum = remove(key) else {
        try set(key, to: value)
        continue
      }
      guard sum.dtype == value.dtype, sum.shape == value.shape else {
        throw .invalidArgument(
          "Trying to add two tensors with incompatible element shapes. One is \(value.shape) and "
            + "the other is \(sum.shape)")
      }
      try sum.add(value, depth: depth)
      try set(key, to: sum)
    }
  }

  /// A map without entries: a missing one is zero.
  func zeros(depth: Int) -> any VariantValue { TensorMap() }
}

extension Variant {
  /// - Throws: ``StatusError/Code/invalidArgument`` if the variant holds no map.
  fileprivate func map() throws(StatusError) -> TensorMap {
    guard let map = value as? TensorMap else {
      throw .invalidArgument(
        "Input handle is not a map. Saw: '\(value?.typeName ?? "<empty>")'")
    }
    return map
  }
}

extension KernelContext {
  /// The map in scalar variant input `index`.
  func map(_ index: Int) throws(StatusError) -> TensorMap {
    try variant(index, kind: "map").map()
  }

  /// Output 0, the map of input 0 as `body` changes it: in place if nobody else holds it.
  func changeMap(
    _ body: (inout TensorMap) throws(StatusError) -> Void
  ) throws(StatusError) {
    var variant = try takeVariant(0, to: 0, kind: "map")
    var map = try variant.map()
    variant.value = nil
    try body(&map)
    variant.value = map
    try putVariant(0, variant)
  }
}
