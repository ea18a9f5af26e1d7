import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Where an iterator stands, to be kept and restored.
///
/// What is kept is the number of elements, and restoring goes over them again: a shuffled dataset gives
/// the same order only if it does not reshuffle.
enum SerializeIterator: OpDeclaration {
  static let signature = OpSignature(
    "SerializeIterator", inputs: ["resource_handle: resource"], outputs: ["serialized: variant"],
    attributes: ["external_state_policy: int = 0"], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    context.setOutput(0, [nil])
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    let position = try context.iterator(0).pipeline().position
    try context.setOutput(
      0,
      AnyTensor(CollectionOfOne(Variant(IteratorPosition(position))), shape: Shape(vector: 1)))
  }
}

/// Moves an iterator to where it stood.
enum DeserializeIterator: OpDeclaration {
  static let signature = OpSignature(
    "DeserializeIterator", inputs: ["resource_handle: resource", "serialized: variant"],
    isStateful: true)
  static let shapes = ShapeFunction.none
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    let iterator = try context.iterator(0)
    let serialized = try context.input(1)
    guard serialized.elementCount == 1,
      let position = IteratorPosition(try serialized.element(0, of: Variant.self))
    else {
      throw StatusError.invalidArgument("The tensor does not hold the state of an iterator.")
    }
    try iterator.restore(position.count, context.services)
  }
}

/// The number of elements behind an iterator.
private struct IteratorPosition: EncodableVariant {
  let count: Int

  init(_ count: Int) { self.count = count }

  init?(_ variant: Variant) {
    if let position = variant.value as? IteratorPosition {
      self = position
      return
    }
    guard let encoded = variant.value as? EncodedVariant,
      encoded.typeName == IteratorPosition.typeName, encoded.metadata.count == 8
    else { return nil }
    var count: UInt64 = 0
    for byte in encoded.metadata.reversed() { count = count << 8 | UInt64(byte) }
    guard let count = Int(exactly: count) else { return nil }
    self.count = count
  }

  static let typeName = "weirloom::IteratorPosition"
  var typeName: String { IteratorPosition.typeName }

  func encoded() -> EncodedVariant {
    let number = UInt64(count)
    return EncodedVariant(
      typeName: typeName,
      metadata: (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) })
  }
}
