import LoomCore

/// A variant that may hold tensors of variants.
///
/// Values inside values are let go of one inside the other, on the stack: how deep they nest is counted, and
/// limited, when they are put together.
protocol NestedVariant: VariantValue {
  /// How many such values are inside each other, this one included.
  var nesting: Int { get }
}

extension AnyTensor {
  /// How deep variants nest before they are refused.
  static let deepestNesting = 512

  /// How deep values in which this tensor is an element nest.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if that is too deep.
  var nestingAsElement: Int {
    get throws(StatusError) {
      guard dtype == .variant else { return 1 }
      var deepest = 0
      for variant in try scalars(of: Variant.self) {
        if let value = variant.value as? any NestedVariant {
          deepest = Swift.max(deepest, value.nesting)
        }
      }
      guard deepest < Self.deepestNesting else {
        throw .invalidArgument("Variants are nested too deeply")
      }
      return deepest + 1
    }
  }
}
