public import LoomCore

// As it leaves the process: set elements as tensors; metadata holds, as varints, the number of unset
// elements and their indices, dtype and limit, then the shape as a serialized TensorShapeProto.

extension TensorList: EncodableVariant {
  /// Unset elements that are written one by one.
  private static let largestEncoding = 1 << 24

  public func encoded() throws(StatusError) -> EncodedVariant {
    guard count <= Self.largestEncoding else {
      throw .resourceExhausted("A list of \(count) elements is too long to be sent")
    }
    var tensors: [AnyTensor] = []
    var unset: [Int] = []
    for index in 0..<count {
      if let tensor = self[index] { tensors.append(tensor) } else { unset.append(index) }
    }
    var metadata: [UInt8] = []
    for number in [unset.count] + unset + [Int(element.dtype.rawValue), element.limit] {
      Varint.append(UInt64(bitPattern: Int64(number)), to: &metadata)
    }
    metadata += ShapeMessage.encoded(element.shape)
    return EncodedVariant(typeName: typeName, metadata: metadata, tensors: tensors)
  }

  init(_ message: EncodedVariant) throws(StatusError) {
    var rest = message.metadata[...]
    let malformed = StatusError.invalidArgument("A tensor list in a message is malformed")
    guard let unsetCount = Varint.read(&rest), unsetCount <= UInt64(Self.largestEncoding) else {
      throw malformed
    }
    var unset: Set<UInt64> = []
    for _ in 0..<unsetCount {
      guard let index = Varint.read(&rest) else { throw malformed }
      unset.insert(index)
    }
    guard let number = Varint.read(&rest), let code = Int32(exactly: number),
      let dtype = DType(rawValue: code), let limit = Varint.read(&rest),
      let shape = ShapeMessage.decoded(rest)
    else { throw malformed }
    var elements: [AnyTensor?] = []
    var next = message.tensors.makeIterator()
    for index in 0..<message.tensors.count + Int(unsetCount) {
      if unset.contains(UInt64(index)) {
        elements.append(nil)
      } else {
        guard let tensor = next.next(), tensor.dtype == dtype else { throw malformed }
        elements.append(tensor)
      }
    }
    try self.init(
      ElementType(
        dtype: dtype, shape: shape, limit: Int(Int32(truncatingIfNeeded: limit))), elements)
  }
}

/// Integers in groups of seven bits, as protocol buffers write them.
enum Varint {
  static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  static func read(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 64, let byte = bytes.popFirst() {
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}

/// A `TensorShapeProto`: `dim = 2 { size = 1 }`, `unknown_rank = 3`. Written here because ops know no
/// messages.
enum ShapeMessage {
  static func encoded(_ shape: PartialShape) -> [UInt8] {
    guard let sizes = shape.sizes else { return [0x18, 1] }
    var bytes: [UInt8] = []
    for size in sizes {
      var dimension: [UInt8] = []
      if size != 0 {
        dimension.append(0x08)
        Varint.append(UInt64(bitPattern: Int64(size ?? -1)), to: &dimension)
      }
      bytes.append(0x12)
      Varint.append(UInt64(dimension.count), to: &bytes)
      bytes += dimension
    }
    return bytes
  }

  static func decoded(_ bytes: ArraySlice<UInt8>) -> PartialShape? {
    var rest = bytes
    var sizes: [Int?] = []
    while !rest.isEmpty {
      switch Varint.read(&rest) {
      case 0x12:
        guard let length = Varint.read(&rest), length <= UInt64(rest.count) else { return nil }
        var dimension = rest.prefix(Int(length))
        rest = rest.dropFirst(Int(length))
        guard let size = Self.size(&dimension) else { return nil }
        sizes.append(size < 0 ? nil : size)
      case 0x18:
        guard let unknown = Varint.read(&rest) else { return nil }
        if unknown != 0 { return .unknown }
      default: return nil
      }
      guard sizes.count <= Shape.maximumRank else { return nil }
    }
    return PartialShape(sizes)
  }

  /// A dimension's size, 0 if it is not written; its name is left out.
  private static func size(_ bytes: inout ArraySlice<UInt8>) -> Int? {
    var size = 0
    while !bytes.isEmpty {
      switch Varint.read(&bytes) {
      case 0x08:
        guard let value = Varint.read(&bytes) else { return nil }
        size = Int(Int64(bitPattern: value))
      case 0x12:
        guard let length = Varint.read(&bytes), length <= UInt64(bytes.count) else { return nil }
        bytes = bytes.dropFirst(Int(length))
      default: return nil
      }
    }
    return size
  }
}
