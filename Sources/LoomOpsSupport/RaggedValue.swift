package import LoomCore
import LoomKernels

/// A ragged tensor as an element of a variant tensor: values, and where the rows of each ragged dimension
/// begin.
package struct RaggedValue: EncodableVariant, ArithmeticVariant {
  /// From the outermost ragged dimension; none for a dense tensor.
  package var splits: [AnyTensor]
  package var values: AnyTensor

  package static let name = "RaggedTensorVariant"
  package var typeName: String { RaggedValue.name }

  package init(splits: [AnyTensor], values: AnyTensor) {
    self.splits = splits
    self.values = values
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the variant holds something else.
  package init(_ variant: Variant) throws(StatusError) {
    if let ragged = variant.value as? RaggedValue {
      self = ragged
      return
    }
    if let encoded = variant.value as? EncodedVariant, encoded.typeName == RaggedValue.name,
      let last = encoded.tensors.last
    {
      self.init(splits: encoded.tensors.dropLast(), values: last)
      return
    }
    throw .invalidArgument(
      "Input Variant element does not hold a RaggedTensorVariant, but "
        + (variant.value?.typeName ?? "nothing"))
  }

  package func encoded() -> EncodedVariant {
    EncodedVariant(typeName: typeName, tensors: splits + [values])
  }

  /// Adds the values of a ragged tensor with the same rows.
  package mutating func add(_ other: any VariantValue, depth: Int) throws(StatusError) {
    guard let other = other as? RaggedValue else {
      throw .internal("Cannot add a variant of type \(other.typeName) to a ragged tensor")
    }
    guard splits == other.splits else {
      throw .invalidArgument("Can't add ragged tensors with different row splits")
    }
    guard values.dtype == other.values.dtype, values.shape == other.values.shape else {
      throw .invalidArgument(
        "Can't add ragged tensors with values \(values.dtype)\(values.shape) and "
          + "\(other.values.dtype)\(other.values.shape)")
    }
    try values.add(other.values, depth: depth)
  }

  package func zeros(depth: Int) throws(StatusError) -> any VariantValue {
    RaggedValue(splits: splits, values: try values.zerosLike(depth: depth))
  }
}
