import LoomCore
import LoomGraph
import LoomKernels

/// Fills a tensor of one dtype with one kind of random numbers.
struct RandomFiller: Sendable {
  typealias Fill = (Philox, AnyTensor, WorkerPool) throws(StatusError) -> Void

  let dtype: DType
  /// Reads what else the numbers depend on, then returns what fills.
  private let prepareBody: @Sendable (borrowing KernelContext, Int?) throws -> Fill

  private init(
    _ dtype: DType, _ body: @escaping @Sendable (borrowing KernelContext, Int?) throws -> Fill
  ) {
    self.dtype = dtype
    prepareBody = body
  }

  private init<Distribution: RandomDistribution>(_ distribution: Distribution) {
    self.init(Distribution.Scalar.dtype) { _, _ in
      { generator, target, workers throws(StatusError) in
        try RandomFill.run(distribution, from: generator, into: target, workers)
      }
    }
  }

  /// - Parameter bounds: The input that holds the lower bound, followed by the upper one.
  func prepare(
    _ context: borrowing KernelContext, _ bounds: Int? = nil
  ) throws(StatusError) -> Fill {
    do { return try prepareBody(context, bounds) } catch { throw StatusError.wrapping(error) }
  }

  static func uniform(_ dtype: DType) throws(StatusError) -> RandomFiller {
    switch dtype {
    case .float: RandomFiller(UniformFloats())
    case .double: RandomFiller(UniformDoubles())
    case .half: RandomFiller(UniformHalves())
    case .bfloat16: RandomFiller(UniformBFloats())
    default: throw .invalidArgument("There are no uniform numbers of \(dtype)")
    }
  }

  static func normal(_ dtype: DType) throws(StatusError) -> RandomFiller {
    switch dtype {
    case .float: RandomFiller(NormalNumbers<Float>())
    case .double: RandomFiller(NormalDoubles())
    case .half: RandomFiller(NormalNumbers<Float16>())
    case .bfloat16: RandomFiller(NormalNumbers<BFloat16>())
    default: throw .invalidArgument("There are no normal numbers of \(dtype)")
    }
  }

  static func truncatedNormal(_ dtype: DType) throws(StatusError) -> RandomFiller {
    switch dtype {
    case .float: RandomFiller(TruncatedNormals<Float>())
    case .double: RandomFiller(TruncatedNormalDoubles())
    case .half: RandomFiller(TruncatedNormals<Float16>())
    case .bfloat16: RandomFiller(TruncatedNormals<BFloat16>())
    default: throw .invalidArgument("There are no normal numbers of \(dtype)")
    }
  }

  /// Integers of the full range.
  static func words(_ dtype: DType) throws(StatusError) -> RandomFiller {
    switch dtype {
    case .int32: RandomFiller(UniformWords<Int32>())
    case .uint32: RandomFiller(UniformWords<UInt32>())
    case .int64: RandomFiller(UniformWideWords<Int64>())
    case .uint64: RandomFiller(UniformWideWords<UInt64>())
    default: throw .invalidArgument("There are no random integers of \(dtype)")
    }
  }

  /// Integers between bounds that are inputs.
  static func integers(_ dtype: DType) throws(StatusError) -> RandomFiller {
    switch dtype {
    case .int32: bounded(Int32.self)
    case .uint32: bounded(UInt32.self)
    case .int64: bounded(Int64.self)
    case .uint64: bounded(UInt64.self)
    default: throw .invalidArgument("There are no random integers of \(dtype)")
    }
  }

  private static func bounded<Scalar: IntegerScalar>(_ type: Scalar.Type) -> RandomFiller {
    RandomFiller(Scalar.dtype) { context, input in
      let input = input ?? 1
      let low: Scalar = try scalar(context, input, "minval")
      let high: Scalar = try scalar(context, input + 1, "maxval")
      return { generator, target, workers throws(StatusError) in
        // Asked only where there is something to fill, as in TensorFlow.
        if target.elementCount == 0 { return }
        guard low < high else {
          throw .invalidArgument("Need minval < maxval, got \(low) >= \(high)")
        }
        let range = UInt64(truncatingIfNeeded: high &- low)
        if Scalar.bitWidth == 64 {
          let numbers = UniformWideWords(start: low, range: range)
          try RandomFill.run(numbers, from: generator, into: target, workers)
        } else {
          let numbers = UniformWords(start: low, range: UInt32(truncatingIfNeeded: range))
          try RandomFill.run(numbers, from: generator, into: target, workers)
        }
      }
    }
  }

  private static func scalar<Scalar: IntegerScalar>(
    _ context: borrowing KernelContext, _ input: Int, _ name: String
  ) throws(StatusError) -> Scalar {
    let tensor = try context.input(input)
    guard tensor.shape.isScalar else {
      throw .invalidArgument("\(name) must be 0-D, got shape \(tensor.shape)")
    }
    return try tensor.element(0, of: Scalar.self)
  }
}
