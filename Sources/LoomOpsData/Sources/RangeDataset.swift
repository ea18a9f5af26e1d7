import LoomCore
import LoomGraph
import LoomKernels

/// `start`, `start + step`, … up to, and without, `stop`.
enum RangeDataset: DatasetOp {
  static let signature = OpSignature(
    "RangeDataset", inputs: ["start: int64", "stop: int64", "step: int64"],
    outputs: ["handle: variant"],
    attributes: [
      "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
      "metadata: string = \"\"", "replicate_on_split: bool = false",
    ], isStateful: true)
  static let scalarInputs = [0, 1, 2]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let types = try node.attributes.types("output_types")
    return DatasetMaker { context in
      let start: Int64 = try context.argument(0, "start")
      let stop: Int64 = try context.argument(1, "stop")
      let step: Int64 = try context.argument(2, "step")
      guard step != 0 else { throw StatusError.invalidArgument("step must be a non-zero integer.") }
      return RangeValues(start: start, stop: stop, step: step, types: types)
    }
  }
}

struct RangeValues: DatasetValue {
  let start: Int64
  let stop: Int64
  let step: Int64
  let types: [DType]

  var elements: ElementSpecification {
    ElementSpecification(types: types, shapes: types.map { _ in .scalar })
  }

  var cardinality: Cardinality { .finite(count) }

  /// How many values there are; at most `Int.max`.
  var count: Int {
    guard step > 0 ? start < stop : start > stop else { return 0 }
    // Distances between any two Int64 fit UInt64.
    let distance =
      step > 0
      ? UInt64(bitPattern: stop) &- UInt64(bitPattern: start)
      : UInt64(bitPattern: start) &- UInt64(bitPattern: stop)
    return Int(clamping: (distance - 1) / step.magnitude + 1)
  }

  func makeIterator(_ services: StepServices) -> sending any DatasetIterator {
    RangeIterator(self)
  }
}

private final class RangeIterator: DatasetIterator {
  let range: RangeValues
  let count: Int
  var index = 0

  init(_ range: RangeValues) {
    self.range = range
    count = range.count
  }

  func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
    guard index < count else { return nil }
    let value = range.start &+ Int64(index) &* range.step
    index += 1
    var element: [AnyTensor] = []
    for type in range.types { element.append(try AnyTensor(integer: value, dtype: type)) }
    return element
  }
}

extension AnyTensor {
  /// A scalar of a real dtype with the value `integer`, rounded or wrapped as casts do.
  init(integer: Int64, dtype: DType) throws(StatusError) {
    switch dtype {
    case .int64: try self.init(scalar: integer)
    case .int32: try self.init(scalar: Int32(truncatingIfNeeded: integer))
    case .int16: try self.init(scalar: Int16(truncatingIfNeeded: integer))
    case .int8: try self.init(scalar: Int8(truncatingIfNeeded: integer))
    case .uint8: try self.init(scalar: UInt8(truncatingIfNeeded: integer))
    case .uint16: try self.init(scalar: UInt16(truncatingIfNeeded: integer))
    case .uint32: try self.init(scalar: UInt32(truncatingIfNeeded: integer))
    case .uint64: try self.init(scalar: UInt64(bitPattern: integer))
    case .float: try self.init(scalar: Float(integer))
    case .double: try self.init(scalar: Double(integer))
    case .bfloat16: try self.init(scalar: BFloat16(Float(integer)))
    case .half: try self.init(scalar: Float16(integer))
    case .bool: try self.init(scalar: integer != 0)
    default: throw .invalidArgument("Unsupported data type: \(dtype.name)")
    }
  }
}
