import LoomCore
import LoomOpsSupport

/// A key or a value that was read from text.
enum TableElement: Sendable {
  case integer(Int64)
  case text(ByteString)
  case float(Float)
  case double(Double)
}

/// Keys of a table: rows of integers or of texts.
struct TableKeys: Sendable {
  let dtype: DType
  /// Elements of one key.
  let width: Int
  private(set) var count: Int
  private var integers: [Int64] = []
  private var texts: [ByteString] = []

  init(dtype: DType, width: Int) {
    self.dtype = dtype
    self.width = width
    count = 0
  }

  /// The rows of a tensor of int32, int64 or string; `width` divides its element count.
  init(_ tensor: AnyTensor, width: Int) throws(StatusError) {
    self.init(dtype: tensor.dtype, width: width)
    count = width > 0 ? tensor.elementCount / width : 0
    switch dtype {
    case .string: texts = try tensor.scalars(of: ByteString.self)
    case .int32: integers = try tensor.scalars(of: Int32.self).map { Int64($0) }
    case .int64: integers = try tensor.scalars(of: Int64.self)
    default: throw .unimplemented("Tables with keys of \(dtype) are not supported")
    }
  }

  /// TensorFlow's hash of a key: the order in which tables give out their keys follows from it.
  func hash(_ row: Int) -> UInt64 {
    if width == 1 { return elementHash(row) }
    var result: UInt64 = 0
    for element in row * width..<(row + 1) * width {
      result ^=
        elementHash(element) &+ 0x9E37_79B9_7F4A_7800 &+ (result << 10) &+ (result >> 4)
    }
    return result
  }

  private func elementHash(_ element: Int) -> UInt64 {
    dtype == .string
      ? TextHash.hash64(texts[element].bytes) : UInt64(bitPattern: integers[element])
  }

  /// Whether the key in `row` equals one of `other`, which has the same dtype and width.
  func matches(_ row: Int, _ other: TableKeys, _ otherRow: Int) -> Bool {
    if width == 1 {
      return dtype == .string
        ? texts[row] == other.texts[otherRow] : integers[row] == other.integers[otherRow]
    }
    for element in 0..<width {
      let (here, there) = (row * width + element, otherRow * width + element)
      if dtype == .string {
        if texts[here] != other.texts[there] { return false }
      } else if integers[here] != other.integers[there] {
        return false
      }
    }
    return true
  }

  mutating func append(_ other: TableKeys, _ row: Int) {
    let range = row * width..<(row + 1) * width
    if dtype == .string {
      texts += other.texts[range]
    } else {
      integers += other.integers[range]
    }
    count += 1
  }

  /// Appends a key of one element, of the kind of this table's keys.
  mutating func append(_ element: TableElement) {
    switch element {
    case .integer(let value): integers.append(value)
    case .text(let value): texts.append(value)
    case .float, .double: return
    }
    count += 1
  }

  mutating func replace(_ row: Int, with other: TableKeys, _ otherRow: Int) {
    for element in 0..<width {
      let (here, there) = (row * width + element, otherRow * width + element)
      if dtype == .string {
        texts[here] = other.texts[there]
      } else {
        integers[here] = other.integers[there]
      }
    }
  }

  /// The keys in the given rows, one after the other.
  func tensor(
    rows: [Int], shape: Shape, budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    let places = width == 1 ? rows : rows.flatMap { Array($0 * width..<($0 + 1) * width) }
    switch dtype {
    case .string: return try AnyTensor(places.map { texts[$0] }, shape: shape, budget: budget)
    case .int32:
      return try AnyTensor(
        places.map { Int32(truncatingIfNeeded: integers[$0]) }, shape: shape, budget: budget)
    default: return try AnyTensor(places.map { integers[$0] }, shape: shape, budget: budget)
    }
  }

  /// One key for people.
  func text(_ row: Int) -> String {
    let parts = (row * width..<(row + 1) * width).map {
      dtype == .string ? texts[$0].string : String(integers[$0])
    }
    return parts.joined(separator: " ")
  }
}
