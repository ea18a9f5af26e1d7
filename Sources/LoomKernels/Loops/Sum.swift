public import LoomCore

/// Where the inputs of a sum lie: at least two, of one shape.
@unsafe private struct Summands<Scalar: TensorScalar> {
  private(set) var sources: [UnsafePointer<Scalar>] = unsafe []
  let shape: Shape
  /// Keeps variables' values alive, which another kernel may replace meanwhile.
  private var holds: [AnyTensor] = []

  /// `nil` for one input, which is then the sum.
  init?(_ context: borrowing KernelContext, _ nodeName: String) throws(StatusError) {
    unsafe shape = try context.shape(of: 0)
    let count = context.inputCount
    if count == 1 {
      try context.setOutput(0, context.input(0))
      return nil
    }
    unsafe sources.reserveCapacity(count)
    for index in 0..<count {
      // A thousand scalars are summed as often as two tensors: nothing is retained for each.
      if let address = try unsafe context.address(of: index, shape, Scalar.self) {
        unsafe sources.append(address)
        continue
      }
      let input = try context.input(index)
      guard unsafe input.shape == shape else {
        throw unsafe .invalidArgument(
          "Inputs to operation \(nodeName) of type AddN must have the same size and shape.  "
            + "Input 0: \(shape) != input \(index): \(input.shape)")
      }
      unsafe sources.append(try input.pointer(of: Scalar.self))
      unsafe holds.append(input)
    }
  }
}

extension KernelContext {
  /// The address of an input of a certain shape, which its slot keeps alive; `nil` if it is another
  /// shape or a variable.
  @unsafe fileprivate func address<Scalar: TensorScalar>(
    of index: Int, _ shape: Shape, _ type: Scalar.Type
  ) throws(StatusError) -> UnsafePointer<Scalar>? {
    let slot = unsafe Int(operands[index].slot)
    guard unsafe slots[slot].tensor?.elementCount == shape.elementCount,
      unsafe slots[slot].tensor?.shape.rank == shape.rank
    else { return nil }
    for axis in 0..<shape.rank
    where unsafe slots[slot].tensor?.shape[axis] != shape[axis] { return nil }
    return unsafe try slots[slot].tensor?.pointer(of: Scalar.self)
  }
}

/// The sum of any number of tensors of one shape: `AddN`.
public final class SumKernel<Scalar: NumericScalar>: Kernel {
  private let nodeName: String

  public init(nodeName: String) { self.nodeName = nodeName }

  public func compute(_ context: borrowing KernelContext) throws(StatusError) {
    guard let summands = try unsafe Summands<Scalar>(context, nodeName) else { return }
    let output = try unsafe context.allocate(0, dtype: Scalar.dtype, shape: summands.shape)
    let target = unsafe try output.writablePointer(of: Scalar.self)
    let cost = unsafe 0.2 * Double(summands.sources.count)
    context.workers.parallelFor(count: output.elementCount, costPerItem: cost) { range in
      // All operands and the result hold the elements of `range`.
      unsafe SumKernel.sum(summands.sources, target, range)
    }
    unsafe extendLifetime(summands)
  }

  /// In tiles that stay in the cache, so that the result goes through memory once.
  @unsafe private static func sum(
    _ sources: [UnsafePointer<Scalar>], _ target: UnsafeMutablePointer<Scalar>, _ range: Range<Int>
  ) {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = Swift.min(start &+ 2048, range.upperBound)
      let (a, b) = unsafe (sources[0], sources[1])
      for index in start..<end { unsafe target[index] = Scalar.wrappingAdd(a[index], b[index]) }
      for operand in unsafe 2..<Swift.max(sources.count, 2) {
        let source = unsafe sources[operand]
        for index in start..<end {
          unsafe target[index] = Scalar.wrappingAdd(target[index], source[index])
        }
      }
      start = end
    }
  }
}

/// The same for 16-bit elements: sums in Float and rounds once.
public final class WideSumKernel<Scalar: SixteenBitScalar>: Kernel {
  private let nodeName: String

  public init(nodeName: String) { self.nodeName = nodeName }

  public func compute(_ context: borrowing KernelContext) throws(StatusError) {
    guard let summands = try unsafe Summands<Scalar>(context, nodeName) else { return }
    let output = try unsafe context.allocate(0, dtype: Scalar.dtype, shape: summands.shape)
    let target = unsafe try output.writablePointer(of: Scalar.self)
    let cost = unsafe 0.3 * Double(summands.sources.count)
    context.workers.parallelFor(count: output.elementCount, costPerItem: cost) { range in
      unsafe WideSumKernel.sum(summands.sources, target, range)
    }
    unsafe extendLifetime(summands)
  }

  @unsafe private static func sum(
    _ sources: [UnsafePointer<Scalar>], _ target: UnsafeMutablePointer<Scalar>, _ range: Range<Int>
  ) {
    // All operands and the result hold the elements of `range`; tiles hold `halfTile` elements.
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * halfTile) { tiles in
      guard let sum = tiles.baseAddress else { return }
      let term = unsafe sum + halfTile
      var start = range.lowerBound
      while start < range.upperBound {
        let length = Swift.min(halfTile, range.upperBound &- start)
        unsafe Scalar.widen(sources[0] + start, sum, length)
        for operand in unsafe 1..<Swift.max(sources.count, 1) {
          unsafe Scalar.widen(sources[operand] + start, term, length)
          for index in 0..<length { unsafe sum[index] += term[index] }
        }
        unsafe Scalar.narrow(sum, target + start, length)
        start &+= length
      }
    }
  }
}

/// A variant that adds and has a zero: tensor lists, for example.
public protocol ArithmeticVariant: VariantValue {
  /// Adds another value to this one, in place where nobody else holds the parts.
  ///
  /// - Parameter depth: How many more levels of nesting may be entered.
  /// - Throws: ``StatusError/Code/invalidArgument`` if the other can't be added.
  mutating func add(_ other: any VariantValue, depth: Int) throws(StatusError)
  /// The zero of the same structure.
  func zeros(depth: Int) throws(StatusError) -> any VariantValue
}

extension Variant {
  /// Levels of variants inside variants that arithmetic enters.
  public static let maximumDepth = 32

  /// Adds another value; after an error there is none.
  ///
  /// - Throws: ``StatusError/Code/internal`` if the values do not add.
  public mutating func add(_ other: Variant, depth: Int = maximumDepth) throws(StatusError) {
    guard depth > 0 else { throw .invalidArgument("Variants are nested too deeply") }
    guard var sum = value as? any ArithmeticVariant, let term = other.value else {
      throw .internal(
        "No unary variant binary_op function found for op ADD Variant type_name: "
          + "\(value?.typeName ?? "") for device type: CPU")
    }
    // The sum holds the only reference now, if nobody else has one.
    value = nil
    try sum.add(term, depth: depth - 1)
    value = sum
  }

  /// The zero of the same structure.
  ///
  /// - Throws: ``StatusError/Code/unimplemented`` if the value has none.
  public func zeros(depth: Int = maximumDepth) throws(StatusError) -> Variant {
    guard depth > 0 else { throw .invalidArgument("Variants are nested too deeply") }
    guard let arithmetic = value as? any ArithmeticVariant else {
      throw .internal(
        "No unary variant unary_op function found for op ZEROS_LIKE Variant type_name: "
          + "\(value?.typeName ?? "") for device type: CPU")
    }
    return Variant(try arithmetic.zeros(depth: depth - 1))
  }
}

/// The sum of scalar variants, in the first one where nobody else holds it.
final class VariantSumKernel: Kernel {
  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    for index in 0..<context.inputCount {
      let shape = try context.input(index).shape
      guard shape.isScalar else {
        throw .invalidArgument(
          "AddN of non-scalar Tensor with dtype=DT_VARIANT is not supported; inputs[\(index)] has "
            + "shape: \(shape)")
      }
    }
    var sum = try context.takeVariant(0, to: 0, kind: "variant")
    for index in 1..<Swift.max(context.inputCount, 1) {
      try sum.add(context.variant(index, kind: "variant"))
    }
    try context.putVariant(0, sum)
  }
}

extension KernelTable {
  /// The sum of all inputs, over numbers and variants.
  package static let addN = KernelTable(where: ["T": .numeric.union([.variant])]) { construction in
    let name = construction.nodeName
    switch try construction.attributes.type("T").base {
    case .float: return specialized(SumKernel<Float>(nodeName: name))
    case .double: return specialized(SumKernel<Double>(nodeName: name))
    case .half: return specialized(WideSumKernel<Float16>(nodeName: name))
    case .bfloat16: return specialized(WideSumKernel<BFloat16>(nodeName: name))
    case .int8: return specialized(SumKernel<Int8>(nodeName: name))
    case .int16: return specialized(SumKernel<Int16>(nodeName: name))
    case .int32: return specialized(SumKernel<Int32>(nodeName: name))
    case .int64: return specialized(SumKernel<Int64>(nodeName: name))
    case .uint8: return specialized(SumKernel<UInt8>(nodeName: name))
    case .uint16: return specialized(SumKernel<UInt16>(nodeName: name))
    case .uint32: return specialized(SumKernel<UInt32>(nodeName: name))
    case .uint64: return specialized(SumKernel<UInt64>(nodeName: name))
    case .complex64: return specialized(SumKernel<Complex64>(nodeName: name))
    case .complex128: return specialized(SumKernel<Complex128>(nodeName: name))
    default: return VariantSumKernel()
    }
  }
}
