import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// An optional with a value.
enum OptionalFromValue: OpDeclaration {
  static let signature = OpSignature(
    "OptionalFromValue", inputs: ["components: Toutput_types"], outputs: ["optional: variant"],
    attributes: ["Toutput_types: list(type) >= 1"])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.dense { context in
    let types = context.inputs.map(\.dtype)
    return try context.buildAll(
      "OptionalGetValue", [context.upstream(0)],
      ["output_types": .types(types), "output_shapes": .shapes(context.inputs.map(\.shape))])
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    try context.setOutput(
      0, AnyTensor(scalar: Variant(OptionalValue(components: context.inputs()))))
  }
}

/// An optional without a value.
enum OptionalNone: OpDeclaration {
  static let signature = OpSignature(
    "OptionalNone", outputs: ["optional: variant"])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    try context.setOutput(0, AnyTensor(scalar: Variant(OptionalValue(components: nil))))
  }
}

/// Whether an optional has a value.
enum OptionalHasValue: OpDeclaration {
  static let signature = OpSignature(
    "OptionalHasValue", inputs: ["optional: variant"], outputs: ["has_value: bool"])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    try context.setScalar(0, context.optional(0).components != nil)
  }
}

/// The value of an optional.
enum OptionalGetValue: OpDeclaration {
  static let signature = OpSignature(
    "OptionalGetValue", inputs: ["optional: variant"], outputs: ["components: output_types"],
    attributes: DatasetAttributes.elements)
  static let shapes = ShapeFunction { context in try context.setElementShapes() }
  static let gradient = GradientRule.dense { context in
    var gradients: [AnyOutput] = []
    for index in context.outputs.indices { gradients.append(try context.upstream(index)) }
    return try context.buildAll("OptionalFromValue", gradients)
  }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { node in
    let elements = try ElementSpecification(node.attributes)
    return ClosureKernel { context in
      guard let components = try context.optional(0).components else {
        throw StatusError.invalidArgument("The given optional does not have a value.")
      }
      try elements.checkAccepts(components)
      for (index, component) in components.enumerated() {
        try context.setOutput(index, component)
      }
    }
  }
}

/// An iterator's next element; an optional without a value at the end.
enum IteratorGetNextAsOptional: OpDeclaration {
  static let signature = OpSignature(
    "IteratorGetNextAsOptional", inputs: ["iterator: resource"], outputs: ["optional: variant"],
    attributes: DatasetAttributes.elements, isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { node in
    let elements = try ElementSpecification(node.attributes)
    return NextElementKernel(node.nodeName) { (element) throws(StatusError) in
      if let element { try elements.checkAccepts(element) }
      return [try AnyTensor(scalar: Variant(OptionalValue(components: element)))]
    }
  }
}

/// What a variant of the optional ops holds.
struct OptionalValue: EncodableVariant {
  /// `nil` if there is no value.
  var components: [AnyTensor]?

  var typeName: String { "tensorflow::OptionalVariant" }

  func encoded() -> EncodedVariant {
    EncodedVariant(
      typeName: typeName, metadata: [components == nil ? 0 : 1], tensors: components ?? [])
  }
}

extension OptionalValue: ArithmeticVariant {
  /// Adds the components of another optional; two without a value add up to one without.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if only one has a value, or numbers, dtypes or shapes of
  ///   components differ.
  mutating func add(_ other: any VariantValue, depth: Int) throws(StatusError) {
    guard let other = other as? OptionalValue else {
      throw .internal("Cannot add a variant of type \(other.typeName) to an optional")
    }
    guard let terms = other.components, var sums = components else {
      guard components == nil, other.components == nil else {
        throw .invalidArgument(
          "Cannot add optionals because one has a value and the other doesn't.")
      }
      return
    }
    guard sums.count == terms.count else {
      throw .invalidArgument(
        "Cannot add optionals because they have different numbers of components "
          + "(\(sums.count) vs. \(terms.count)).")
    }
    // Nobody but `sums` may hold components that are to be changed in place.
    components = nil
    for index in sums.indices {
      let term = terms[index]
      guard sums[index].dtype == term.dtype, sums[index].shape == term.shape else {
        throw .invalidArgument(
          "Cannot add component \(index) of two optionals: \(sums[index].dtype)"
            + "\(sums[index].shape) and \(term.dtype)\(term.shape)")
      }
      guard term.dtype != .string, term.dtype != .bool else {
        throw .invalidArgument("Trying to add unsupported dtype \(term.dtype)")
      }
      try sums[index].add(term, depth: depth)
    }
    components = sums
  }

  /// An optional with zeros in the shapes of the components, if there are any.
  func zeros(depth: Int) throws(StatusError) -> any VariantValue {
    guard let components else { return OptionalValue(components: nil) }
    var zeros: [AnyTensor] = []
    for component in components {
      guard component.dtype != .string else {
        throw .invalidArgument("Trying to compute zeros_like for unsupported dtype string")
      }
      zeros.append(try component.zerosLike(depth: depth))
    }
    return OptionalValue(components: zeros)
  }
}

extension KernelContext {
  /// The optional in input `index`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the input is none.
  fileprivate func optional(_ index: Int) throws(StatusError) -> OptionalValue {
    let tensor = try input(index)
    if tensor.dtype == .variant, tensor.shape.isScalar {
      let value = try tensor.element(0, of: Variant.self).value
      if let optional = value as? OptionalValue { return optional }
      if let encoded = value as? EncodedVariant, encoded.typeName == "tensorflow::OptionalVariant" {
        return OptionalValue(components: encoded.metadata.first == 1 ? encoded.tensors : nil)
      }
    }
    throw .invalidArgument(
      "Input \(index) must be a scalar variant tensor containing an OptionalVariant object.")
  }
}
