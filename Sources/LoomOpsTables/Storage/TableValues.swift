import LoomCore
import LoomKernels
import LoomOpsSupport

/// Values of a table: rows of elements of one dtype. Plain dtypes are kept as bytes.
struct TableValues: Sendable {
  let dtype: DType
  /// Elements of one value.
  let width: Int
  private(set) var count: Int
  private let rowBytes: Int
  private var bytes: [UInt8] = []
  private var texts: [ByteString] = []
  private var handles: [ResourceHandle] = []
  private var variants: [Variant] = []

  init(dtype: DType, width: Int) {
    self.dtype = dtype
    self.width = width
    count = 0
    rowBytes = (dtype.byteSize ?? 0) &* width
  }

  /// The rows of a tensor, whose element count `width` divides.
  init(_ tensor: AnyTensor, width: Int) throws(StatusError) {
    self.init(dtype: tensor.dtype, width: width)
    count = width > 0 ? tensor.elementCount / width : 0
    switch dtype {
    case .string: texts = try tensor.scalars(of: ByteString.self)
    case .resource: handles = try tensor.scalars(of: ResourceHandle.self)
    case .variant: variants = try tensor.scalars(of: Variant.self)
    default:
      let flat = try tensor.bitcast(to: .uint8, shape: Shape(vector: tensor.byteCount))
      bytes = try flat.scalars(of: UInt8.self)
    }
  }

  private func elements(_ row: Int) -> Range<Int> { row * width..<(row + 1) * width }

  /// Appends a row of `other`, which has the same dtype and width.
  mutating func append(_ other: TableValues, _ row: Int) {
    count += 1
    switch dtype {
    case .string: texts += other.texts[elements(row)]
    case .resource: handles += other.handles[elements(row)]
    case .variant: variants += other.variants[elements(row)]
    default: bytes += other.bytes[row * rowBytes..<(row + 1) * rowBytes]
    }
  }

  /// Appends a value of one element, of the kind of this table's values.
  mutating func append(_ element: TableElement) {
    count += 1
    let bits: UInt64
    switch element {
    case .text(let value):
      texts.append(value)
      return
    case .integer(let value): bits = UInt64(bitPattern: value)
    case .float(let value): bits = UInt64(value.bitPattern)
    case .double(let value): bits = value.bitPattern
    }
    // Little-endian, as all machines that this runs on.
    for byte in 0..<rowBytes { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte))) }
  }

  mutating func replace(_ row: Int, with other: TableValues, _ otherRow: Int) {
    for element in 0..<width {
      let (here, there) = (row * width + element, otherRow * width + element)
      switch dtype {
      case .string: texts[here] = other.texts[there]
      case .resource: handles[here] = other.handles[there]
      case .variant: variants[here] = other.variants[there]
      default: break
      }
    }
    for byte in 0..<rowBytes {
      bytes[row * rowBytes + byte] = other.bytes[otherRow * rowBytes + byte]
    }
  }

  /// Makes `row` a row of `other`: the one behind the last, or one that is there.
  mutating func set(_ row: Int, to other: TableValues, _ otherRow: Int) {
    if row == count { append(other, otherRow) } else { replace(row, with: other, otherRow) }
  }

  /// Whether two rows hold the same; never for variants, which nothing is known of.
  func matches(_ row: Int, _ other: TableValues, _ otherRow: Int) -> Bool {
    switch dtype {
    case .string: texts[elements(row)] == other.texts[other.elements(otherRow)]
    case .resource: handles[elements(row)] == other.handles[other.elements(otherRow)]
    case .variant: false
    default:
      bytes[row * rowBytes..<(row + 1) * rowBytes]
        == other.bytes[otherRow * rowBytes..<(otherRow + 1) * rowBytes]
    }
  }

  /// Where a row of a result comes from.
  enum Source {
    case row(Int)
    case `default`(Int)
    /// Zeros, or whatever stands for nothing.
    case nothing
  }

  /// The rows that `sources` name, from here and from `defaults`.
  func tensor(
    _ sources: [Source], defaults: TableValues, shape: Shape, budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    switch dtype {
    case .string:
      return try AnyTensor(
        gathered(sources, texts, defaults.texts, .zero), shape: shape, budget: budget)
    case .resource:
      return try AnyTensor(
        gathered(sources, handles, defaults.handles, .zero), shape: shape, budget: budget)
    case .variant:
      return try AnyTensor(
        gathered(sources, variants, defaults.variants, .zero), shape: shape, budget: budget)
    default: return try plainTensor(sources, defaults, shape, budget)
    }
  }

  private func gathered<Scalar: TensorScalar>(
    _ sources: [Source], _ here: [Scalar], _ defaults: [Scalar], _ nothing: Scalar
  ) -> [Scalar] {
    var result: [Scalar] = []
    result.reserveCapacity(sources.count * width)
    for source in sources {
      switch source {
      case .row(let row): result += here[elements(row)]
      case .default(let row): result += defaults[elements(row)]
      case .nothing: result += repeatElement(nothing, count: width)
      }
    }
    return result
  }

  private func plainTensor(
    _ sources: [Source], _ defaults: TableValues, _ shape: Shape, _ budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    let result = try AnyTensor.zeros(dtype: dtype, shape: shape, budget: budget)
    let length = result.byteCount
    var memory = try MutableTensor<UInt8>(
      exclusive: result.bitcast(to: .uint8, shape: Shape(vector: length)))
    var span = memory.mutableSpan
    guard sources.count &* rowBytes == length else {
      throw .internal("Expected \(length) bytes of values, got \(sources.count) rows")
    }
    var place = 0
    for source in sources {
      switch source {
      case .row(let row):
        for byte in 0..<rowBytes { span[place + byte] = bytes[row * rowBytes + byte] }
      case .default(let row):
        for byte in 0..<rowBytes { span[place + byte] = defaults.bytes[row * rowBytes + byte] }
      case .nothing: break
      }
      place += rowBytes
    }
    return result
  }

  /// One row for people.
  func text(_ row: Int) -> String {
    guard let shape = try? Shape([width]),
      let tensor = try? tensor(
        [.row(row)], defaults: self, shape: shape, budget: .unlimited),
      let text = try? TensorSummary(limit: -1).text(tensor)
    else { return "?" }
    return text
  }
}
