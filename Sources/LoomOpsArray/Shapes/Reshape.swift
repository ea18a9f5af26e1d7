public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The same elements under another shape; no copy.
public enum Reshape: OpDeclaration {
  public static let signature = OpSignature(
    "Reshape", inputs: ["tensor: T", "shape: Tshape"], outputs: ["output: T"],
    attributes: ["T: type", "Tshape: {int32, int64} = int32"])
  public static let shapes = ShapeFunction { context in
    let requested = try context.shapeValue(1)
    let result = try inferred(context.input(0), requested)
    context.setOutput(0, result)
    context.setHandle(0, context.handle(0))
  }
  public static let gradient = GradientRule.dense { context in
    [try context.reshapeToInput(), nil]
  }
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    (context.inputShapes[0].rank ?? 2) <= 1 ? context.inputs[0] : nil
  }
  public static let kernels = KernelTable.closure { context in
    let input = try context.input(0)
    let sizes = try context.input(1)
    guard sizes.shape.rank <= 1 else {
      throw StatusError.invalidArgument("sizes input must be 1-D, not \(sizes.shape)")
    }
    try context.setOutput(0, input.reshaped(to: result(of: input.shape, sizes.integers())))
  }

  /// The product of the known sizes and the place of the only unknown one; `nil` for several.
  private static func split(_ shape: PartialShape) -> (known: Int, unknown: Int?)? {
    guard let sizes = shape.sizes else { return nil }
    if sizes.contains(0) { return (0, nil) }
    let unknown = sizes.indices.filter { sizes[$0] == nil }
    guard unknown.count <= 1, let known = Checked.product(sizes.compactMap { $0 }) else {
      return nil
    }
    return (known, unknown.first)
  }

  private static func inferred(
    _ input: PartialShape, _ requested: PartialShape
  ) throws(StatusError) -> PartialShape {
    guard let from = split(input), let to = split(requested) else { return requested }
    switch (from.unknown, to.unknown) {
    case (nil, nil):
      guard from.known == to.known else {
        throw .invalidArgument(
          "Cannot reshape a tensor with \(from.known) elements to shape \(requested) "
            + "(\(to.known) elements)")
      }
    case (nil, let place?) where to.known > 0:
      return requested.replacing(
        place, with: try ShapeContext.divide(from.known, by: to.known))
    case (_?, nil) where from.known != 0:
      _ = try ShapeContext.divide(to.known, by: from.known)
    default: break
    }
    return requested
  }

  /// The requested shape with its -1 replaced.
  private static func result(
    of input: Shape, _ requested: [Int]
  ) throws(StatusError) -> Shape {
    var sizes = requested
    var product = 1
    var wildcard: Int?
    for (index, size) in requested.enumerated() {
      if size == -1 {
        if let first = wildcard {
          throw .invalidArgument(
            "Only one input size may be -1, not both \(first) and \(index)")
        }
        wildcard = index
      } else if size < 0 {
        throw .invalidArgument("Size \(index) must be non-negative, not \(size)")
      } else if size > 0 {
        guard let next = Checked.multiply(product, size) else {
          throw .invalidArgument("Shape \(requested) has too many elements")
        }
        product = next
      }
    }
    if let wildcard {
      // Sizes of zero on both sides stand for each other, so that the wildcard follows from the rest.
      var elements = input.elementCount
      if requested.contains(0) {
        guard let rest = Checked.product(input.sizes.filter { $0 > 0 }) else {
          throw .invalidArgument("Shape \(input) has too many elements")
        }
        elements = rest
      }
      guard elements % product == 0 else {
        throw .invalidArgument(
          "Input to reshape is a tensor with \(elements) values, but the requested shape requires a "
            + "multiple of \(product)")
      }
      sizes[wildcard] = elements / product
    }
    let shape = try Shape(sizes)
    guard shape.elementCount == input.elementCount else {
      throw .invalidArgument(
        "Input to reshape is a tensor with \(input.elementCount) values, but the requested shape has "
          + "\(shape.elementCount)")
    }
    return shape
  }
}

extension GradientContext {
  /// The gradient of output 0 in the shape of input 0.
  func reshapeToInput() throws -> AnyOutput {
    let input = try input(0)
    let upstream = try upstream(0)
    // With one size unknown a wildcard does, and the input's value is not needed.
    if let sizes = input.shape.sizes, !sizes.contains(0), sizes.filter({ $0 == nil }).count <= 1 {
      return try reshape(upstream, constant(sizes.map { $0 ?? -1 }))
    }
    return try reshape(upstream, shape(input))
  }
}

/// The tensor's elements under another shape; one size may be -1 and follows from the others.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if the element counts are known to differ.
/// - SeeAlso: TensorFlow op `Reshape`.
public func reshape<Scalar: TensorScalar>(
  _ input: Output<Scalar>, to sizes: [Int], name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try reshape(input, to: input.graph.indices(sizes), name: name)
}

/// The tensor's elements under a shape that is computed.
///
/// - SeeAlso: TensorFlow op `Reshape`.
public func reshape<Scalar: TensorScalar>(
  _ input: Output<Scalar>, to sizes: Output<Int32>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation("Reshape", inputs: [input.erased, sizes.erased], name: name)
      .output(0))
}

extension Graph {
  /// A constant vector of sizes or positions.
  func indices(_ values: [Int]) throws(StatusError) -> Output<Int32> {
    var narrow: [Int32] = []
    for value in values {
      guard let value = Int32(exactly: value) else {
        throw .invalidArgument("Expected a 32-bit size or position, got \(value)")
      }
      narrow.append(value)
    }
    let tensor = try AnyTensor(narrow, shape: Shape(vector: narrow.count))
    return try Output(
      addOperation("Const", attributes: ["value": .tensor(tensor), "dtype": .type(.int32)])
        .output(0))
  }

  /// A constant scalar axis, size or position.
  func index(_ value: Int) throws(StatusError) -> Output<Int32> {
    guard let value = Int32(exactly: value) else {
      throw .invalidArgument("Expected a 32-bit size or position, got \(value)")
    }
    let tensor = try AnyTensor(scalar: value)
    return try Output(
      addOperation("Const", attributes: ["value": .tensor(tensor), "dtype": .type(.int32)])
        .output(0))
  }
}
