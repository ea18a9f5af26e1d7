import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Packs the components of a composite tensor into one variant.
enum CompositeTensorVariantFromComponents: FileOp {
  static let signature = OpSignature(
    "CompositeTensorVariantFromComponents", inputs: ["components: Tcomponents"],
    outputs: ["encoded: variant"], attributes: ["metadata: string", "Tcomponents: list(type) >= 0"])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.dense { context in
    try context.buildAll(
      "CompositeTensorVariantToComponents", [context.upstream(0)],
      [
        "metadata": context.operation.attribute("metadata"),
        "Tcomponents": .types(context.inputs.map(\.dtype.base)),
      ])
  }
  static let properties = OpProperties()
  static let kernels = KernelTable { construction in
    let metadata = try construction.attributes.bytes("metadata").bytes
    guard CompositeTensor.typeClass(metadata) != nil else {
      throw StatusError.invalidArgument("Error parsing metadata")
    }
    return ClosureKernel { context in
      let value = CompositeTensor(metadata: metadata, components: try context.inputs())
      try context.setOutput(0, AnyTensor(scalar: Variant(value)))
    }
  }
}

/// Takes the components of a composite tensor out of its variant.
enum CompositeTensorVariantToComponents: FileOp {
  static let signature = OpSignature(
    "CompositeTensorVariantToComponents", inputs: ["encoded: variant"],
    outputs: ["components: Tcomponents"],
    attributes: ["metadata: string", "Tcomponents: list(type) >= 0"])
  static let shapes = ShapeFunction.unknown
  static let gradient = GradientRule.dense { context in
    var components: [AnyOutput] = []
    for index in context.outputs.indices { components.append(try context.upstream(index)) }
    return [
      try context.build(
        "CompositeTensorVariantFromComponents", components,
        [
          "metadata": context.operation.attribute("metadata"),
          "Tcomponents": .types(components.map(\.dtype.base)),
        ])
    ]
  }
  static let properties = OpProperties()
  static let kernels = KernelTable { construction in
    let types = try construction.attributes.types("Tcomponents")
    let metadata = try construction.attributes.bytes("metadata").bytes
    guard let expected = CompositeTensor.typeClass(metadata) else {
      throw StatusError.invalidArgument("Error parsing `metadata`")
    }
    return ClosureKernel { context in
      let value = try CompositeTensor(context.input(0))
      guard let actual = CompositeTensor.typeClass(value.metadata), actual == expected else {
        throw StatusError.invalidArgument(
          "Expected a composite tensor of the kind that `metadata` tells (\(expected)), but "
            + "`encoded` contains another one")
      }
      let components = value.components
      guard components.count == types.count else {
        throw StatusError.invalidArgument(
          "Encoded value has \(components.count) tensor components; expected \(types.count) "
            + "components based on type_spec")
      }
      for (index, component) in components.enumerated() {
        guard component.dtype == types[index].base else {
          throw StatusError.invalidArgument(
            "Tensor component \(index) had dtype \(component.dtype); expected dtype "
              + "\(types[index])")
        }
        try context.setOutput(index, component)
      }
    }
  }
}

/// A tensor that consists of others, such as a ragged one: what tells its kind, and its parts.
struct CompositeTensor: EncodableVariant {
  /// A serialized `CompositeTensorVariantMetadata`.
  let metadata: [UInt8]
  let components: [AnyTensor]

  private static let name = "CompositeTensorVariant"

  var typeName: String { CompositeTensor.name }

  init(metadata: [UInt8], components: [AnyTensor]) {
    self.metadata = metadata
    self.components = components
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the tensor holds something else.
  init(_ tensor: AnyTensor) throws(StatusError) {
    if tensor.elementCount > 0 {
      let value = try tensor.element(0, of: Variant.self).value
      if let composite = value as? CompositeTensor {
        self = composite
        return
      }
      if let encoded = value as? EncodedVariant, encoded.typeName == CompositeTensor.name {
        self.init(metadata: encoded.metadata, components: encoded.tensors)
        return
      }
    }
    throw .invalidArgument("The input `encoded` is not a valid CompositeTensorVariant tensor")
  }

  func encoded() -> EncodedVariant {
    EncodedVariant(typeName: typeName, metadata: metadata, tensors: components)
  }

  /// The number of the class of a serialized `CompositeTensorVariantMetadata`, field 1 of its field 1;
  /// `nil` if the bytes are none.
  static func typeClass(_ metadata: [UInt8]) -> UInt64? {
    // What is wrong with the bytes is of no use to anybody: they are made by programs.
    try? findClass(metadata[...])
  }

  private static func findClass(_ metadata: ArraySlice<UInt8>) throws(StatusError) -> UInt64 {
    var number: UInt64 = 0
    var fields = WireFields(metadata)
    while let field = try fields.next() {
      guard field.number == 1, case .bytes(let specification) = field.payload else { continue }
      var inner = WireFields(specification)
      while let field = try inner.next() {
        if field.number == 1, case .varint(let value) = field.payload { number = value }
      }
    }
    return number
  }
}
