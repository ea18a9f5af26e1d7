import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// A map without entries.
enum EmptyTensorMap: OpDeclaration {
  static let signature = OpSignature("EmptyTensorMap", outputs: ["handle: variant"])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.notDifferentiable(because: "it has no inputs")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    try context.putVariant(0, Variant(TensorMap()))
  }
}

/// The number of entries.
enum TensorMapSize: OpDeclaration {
  static let signature = OpSignature(
    "TensorMapSize", inputs: ["input_handle: variant"], outputs: ["size: int32"])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    try context.setScalar(0, Int32(clamping: context.map(0).entries.count))
  }
}

/// The value of a key.
enum TensorMapLookup: OpDeclaration {
  static let signature = OpSignature(
    "TensorMapLookup", inputs: ["input_handle: variant", "key: key_dtype"],
    outputs: ["value: value_dtype"], attributes: ["key_dtype: type", "value_dtype: type"])
  static let shapes = ShapeFunction.unknown
  static let gradient = GradientRule.dense { context in
    let empty = try context.build("EmptyTensorMap", [])
    return [
      try context.build("TensorMapInsert", [empty, context.input(1), context.upstream(0)]), nil,
    ]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("value_dtype").base
    return ClosureKernel { context in
      guard let value = try context.map(0).entries[context.input(1)] else {
        throw StatusError.invalidArgument("Trying to lookup non-existent key.")
      }
      guard value.dtype == dtype else {
        throw StatusError.invalidArgument(
          "The value has dtype \(value.dtype), but \(dtype) was asked for")
      }
      try context.setOutput(0, value)
    }
  }
}

/// The map with a key's value set.
enum TensorMapInsert: OpDeclaration {
  static let signature = OpSignature(
    "TensorMapInsert",
    inputs: ["input_handle: variant", "key: key_dtype", "value: value_dtype"],
    outputs: ["output_handle: variant"], attributes: ["key_dtype: type", "value_dtype: type"])
  static let shapes = ShapeFunction.scalar
  /// The value's gradient is that of its key, or zeros if the key is not in the map of gradients.
  static let gradient = GradientRule.dense { context in
    let (gradient, key, value) = (
      try context.upstream(0), try context.input(1), try context.input(2)
    )
    let hasKey = try context.build("TensorMapHasKey", [gradient, key])
    let maps = try context.buildAll("Switch", [gradient, hasKey])
    let keys = try context.buildAll("Switch", [key, hasKey])
    let values = try context.buildAll("Switch", [value, hasKey])
    let dtype: [String: AttributeValue] = ["value_dtype": .type(value.dtype.base)]
    let found = try context.build("TensorMapLookup", [maps[1], keys[1]], dtype)
    let rest = try context.build("TensorMapErase", [maps[1], keys[1]], dtype)
    let zeros = try context.zerosLike(values[0])
    return [
      try context.build("Merge", [maps[0], rest]), nil,
      try context.build("Merge", [zeros, found]),
    ]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    let (key, value) = (try context.input(1), try context.input(2))
    try context.changeMap { (map) throws(StatusError) in try map.set(key, to: value) }
  }
}

/// The map without a key.
enum TensorMapErase: OpDeclaration {
  static let signature = OpSignature(
    "TensorMapErase", inputs: ["input_handle: variant", "key: key_dtype"],
    outputs: ["output_handle: variant"], attributes: ["key_dtype: type", "value_dtype: type"])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.dense { context in [try context.upstream(0), nil] }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    let key = try context.input(1)
    try context.changeMap { (map) throws(StatusError) in
      guard map.remove(key) != nil else {
        throw .invalidArgument("Trying to erase non-existent item.")
      }
    }
  }
}

/// Whether there is a value for a key.
enum TensorMapHasKey: OpDeclaration {
  static let signature = OpSignature(
    "TensorMapHasKey", inputs: ["input_handle: variant", "key: key_dtype"],
    outputs: ["has_key: bool"], attributes: ["key_dtype: type"])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    try context.setScalar(0, context.map(0).entries[context.input(1)] != nil)
  }
}

/// All keys as one tensor, in no particular order.
enum TensorMapStackKeys: OpDeclaration {
  static let signature = OpSignature(
    "TensorMapStackKeys", inputs: ["input_handle: variant"], outputs: ["keys: key_dtype"],
    attributes: ["key_dtype: type"])
  static let shapes = ShapeFunction.unknown
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("key_dtype").base
    return ClosureKernel { context in
      let keys = Array(try context.map(0).entries.keys)
      guard let shape = keys.first?.shape else {
        throw StatusError.invalidArgument("TensorMapStackKeys cannot be called on empty map.")
      }
      for key in keys {
        guard key.dtype == dtype else {
          throw StatusError.invalidArgument("Key does not match requested dtype.")
        }
        guard key.shape == shape else {
          throw StatusError.invalidArgument("Keys must all have the same shape.")
        }
      }
      try context.join(
        0, dtype, shape.prefixed(by: keys.count), count: keys.count,
        length: { _ in shape.elementCount }, tensor: { keys[$0] })
    }
  }
}
