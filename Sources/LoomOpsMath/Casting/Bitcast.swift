public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The same bytes read as another dtype; no copy. A smaller dtype adds a last dimension, a larger one
/// takes the last dimension away.
public enum Bitcast: OpDeclaration {
  private static let types = """
    {bfloat16, half, float, double, int64, int32, uint8, uint16, uint32, uint64, int8, int16, \
    complex64, complex128, qint8, quint8, qint16, quint16, qint32}
    """
  public static let signature = OpSignature(
    "Bitcast", inputs: ["input: T"], outputs: ["output: type"],
    attributes: ["T: \(types)", "type: \(types)"])
  public static let shapes = ShapeFunction { context in
    let shape = context.input(0)
    let (source, target) = try sizes(context.attributes)
    guard let rank = shape.rank else { return }
    if source == target {
      context.setOutput(0, shape)
    } else if source > target {
      context.setOutput(0, shape.concatenated(with: PartialShape([source / target])))
    } else {
      try context.requireRank(0, atLeast: 1)
      if let last = shape[rank - 1], last != target / source {
        throw StatusError.invalidArgument(
          "Cannot bitcast due to shape. \(last) does not match \(target / source)")
      }
      context.setOutput(0, shape.dimensions(in: 0..<rank - 1))
    }
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("type").base
    let source = try construction.attributes.type("T").base
    let (size, newSize) = try sizes(construction.attributes)
    return ClosureKernel { context in
      let input = try context.input(0)
      var sizes = input.shape.sizes
      if size > newSize {
        sizes.append(size / newSize)
      } else if size < newSize {
        guard sizes.last == newSize / size else {
          throw StatusError.invalidArgument(
            "Cannot bitcast from \(source.rawValue) to \(dtype.rawValue)")
        }
        sizes.removeLast()
      }
      try context.setOutput(0, input.bitcast(to: dtype, shape: Shape(sizes)))
    }
  }

  /// Bytes of both element types; both positive.
  private static func sizes(_ attributes: Attributes) throws(StatusError) -> (Int, Int) {
    let (source, target) = (try attributes.type("T").base, try attributes.type("type").base)
    guard let size = source.byteSize, let newSize = target.byteSize else {
      throw .invalidArgument("Cannot bitcast types \(source) to \(target)")
    }
    return (size, newSize)
  }
}

/// The same bytes read as another dtype; no copy. A smaller dtype adds a last dimension, a larger one
/// takes the last dimension away.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if the last dimension is known and does not hold
///   one element of the larger dtype.
/// - SeeAlso: TensorFlow op `Bitcast`.
public func bitcast<Source: TrivialScalar, Target: TrivialScalar>(
  _ x: Output<Source>, to type: Target.Type, name: String? = nil
) throws(StatusError) -> Output<Target> {
  try x.applying("Bitcast", ["type": .type(Target.dtype)], name: name)
}
