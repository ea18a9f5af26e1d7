import LoomCore
import LoomGraph
import LoomKernels

/// Draws samples whose distribution is a parameter tensor's element.
final class DrawKernel: Kernel {
  enum Distribution { case gamma, poisson }

  let distribution: Distribution
  /// The input that holds the parameters.
  let parameter: Int
  let outputType: DType
  /// Where numbers come from: the node's own generator or an input.
  let source: PhiloxSource?
  let position: StatelessPosition

  init(
    _ construction: KernelConstruction, _ distribution: Distribution, parameter: Int,
    source: PhiloxSource? = nil, position: StatelessPosition = .seed(1)
  ) throws(StatusError) {
    self.distribution = distribution
    self.parameter = parameter
    self.source = source
    self.position = position
    outputType = try construction.outputType(0)
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let wanted = try context.randomShape(0)
    let parameters = try context.input(parameter)
    let count = parameters.elementCount
    let shape: Shape
    if source != nil {
      shape = try Shape(wanted.sizes + parameters.shape.sizes)
    } else {
      guard wanted.sizes.suffix(parameters.shape.rank) == parameters.shape.sizes[...] else {
        throw .invalidArgument("Shape passed in must end with broadcasted shape.")
      }
      shape = wanted
    }
    var generator = Philox(key: 0)
    if let source {
      guard let blocks = Checked.multiply(shape.elementCount, RandomKernel.blocksPerElement) else {
        throw .invalidArgument("Shape \(shape) asks for too many random numbers")
      }
      if shape.elementCount > 0 { generator = try source.reserve(blocks, context.services) }
    } else {
      generator = try position.read(context)
    }
    let values = try doubles(parameters)
    switch outputType {
    case .half: try draw(Float16.self, values, count, shape, generator, context)
    case .bfloat16: try draw(BFloat16.self, values, count, shape, generator, context)
    case .float: try draw(Float.self, values, count, shape, generator, context)
    case .double: try draw(Double.self, values, count, shape, generator, context)
    case .int32: try draw(Int32.self, values, count, shape, generator, context)
    default: try draw(Int64.self, values, count, shape, generator, context)
    }
  }

  private func doubles(_ tensor: AnyTensor) throws(StatusError) -> [Double] {
    switch tensor.dtype {
    case .half: return try tensor.scalars(of: Float16.self).map { Double($0) }
    case .bfloat16: return try tensor.scalars(of: BFloat16.self).map(\.doubleValue)
    case .float: return try tensor.scalars(of: Float.self).map { Double($0) }
    case .double: return try tensor.scalars(of: Double.self)
    default: return try tensor.integers().map { Double($0) }
    }
  }

  private func draw<Scalar: RealScalar>(
    _ type: Scalar.Type, _ parameters: [Double], _ count: Int, _ shape: Shape,
    _ generator: Philox, _ context: borrowing KernelContext
  ) throws(StatusError) {
    let output = try context.allocate(0, dtype: Scalar.dtype, shape: shape)
    if shape.elementCount == 0 { return }
    let samples = shape.elementCount / count
    // Draws are numbered by parameter first; each has a stretch of 256 blocks for itself.
    let stretch = UInt64(RandomKernel.blocksPerElement)
    let highest = ArgReduction<Scalar>.highestFinite.doubleValue
    var target = try MutableTensor<Scalar>(exclusive: output)
    var span = target.mutableSpan
    for (index, value) in parameters.enumerated() {
      let gamma = GammaSampler(alpha: value)
      let poisson = PoissonSampler(rate: value, highest: highest)
      for sample in 0..<samples {
        if sample & 1023 == 0 { try context.checkCancellation() }
        let start = generator.skipping(UInt64(index &* samples &+ sample) &* stretch)
        let result =
          switch distribution {
          case .gamma: gamma.draw(start)
          case .poisson: poisson.draw(start)
          }
        // An infinite rate has no integer result; TensorFlow gives zero.
        let isHeld = result.isFinite || !Scalar.dtype.isInteger
        span[sample &* count &+ index] = isHeld ? Scalar(converting: result) : .zero
      }
    }
  }
}
