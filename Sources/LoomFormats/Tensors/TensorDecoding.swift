internal import FoundationEssentials
package import LoomCore
package import LoomProto

extension AnyTensor {
  /// The tensor of a message, by TensorFlow's rules: elements stand in `tensor_content` or in the
  /// field of their dtype; there, a list that is too short repeats its last value (an empty one means
  /// zeros), and values too many are ignored.
  ///
  /// Large contents are shared with the message, not copied.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the message is no tensor;
  ///   ``StatusError/Code/resourceExhausted`` if the budget does not allow its size.
  package init(
    _ message: Tensorflow_TensorProto, budget: MemoryBudget = .files
  ) throws(StatusError) {
    guard let dtype = DType(rawValue: Int32(truncatingIfNeeded: message.dtype.rawValue)),
      !dtype.isReference
    else {
      throw AnyTensor.unreadable("dtype \(message.dtype.rawValue) is none a tensor can have")
    }
    let shape: Shape
    do { shape = try Shape(message.tensorShape) } catch { throw AnyTensor.unreadable(error.reason) }
    if message.tensorContent.isEmpty || shape.elementCount == 0 {
      self = try TensorFields(message: message, dtype: dtype, shape: shape, budget: budget).tensor()
    } else {
      self = try AnyTensor(
        dtype: dtype, shape: shape, content: message.tensorContent, budget: budget)
    }
  }

  private init(
    dtype: DType, shape: Shape, content: Data, budget: MemoryBudget
  ) throws(StatusError) {
    guard let size = dtype.byteSize else {
      let parts = try ContentList.split(content, count: shape.elementCount)
      switch dtype {
      case .string:
        self = try AnyTensor(parts.map { ByteString($0) }, shape: shape, budget: budget)
      case .resource:
        var handles: [ResourceHandle] = []
        for part in parts { handles.append(try ResourceHandle(serialized: part)) }
        self = try AnyTensor(handles, shape: shape, budget: budget)
      default:
        var variants: [Variant] = []
        for part in parts { variants.append(try Variant(serialized: part, budget: budget)) }
        self = try AnyTensor(variants, shape: shape, budget: budget)
      }
      return
    }
    guard let expected = Checked.multiply(shape.elementCount, size), content.count == expected
    else {
      throw AnyTensor.unreadable(
        "\(content.count) bytes of content for \(shape.elementCount) elements of \(dtype)")
    }
    try self.init(dtype: dtype, shape: shape, bytes: content, budget: budget)
  }

  @inline(never)
  static func unreadable(_ why: String) -> StatusError {
    .invalidArgument("Cannot parse tensor from proto: \(why)")
  }
}

/// Contents of dtypes whose elements have no fixed size: all lengths as varints, then all bytes.
enum ContentList {
  static func split(_ content: Data, count: Int) throws(StatusError) -> [Data] {
    // Every element takes at least the byte of its length.
    guard count <= content.count else {
      throw AnyTensor.unreadable("\(content.count) bytes of content for \(count) elements")
    }
    var position = content.startIndex
    var lengths: [Int] = []
    lengths.reserveCapacity(count)
    for _ in 0..<count { lengths.append(try varint(content, &position)) }
    var parts: [Data] = []
    parts.reserveCapacity(count)
    for length in lengths {
      guard length <= content.endIndex - position else {
        throw AnyTensor.unreadable("an element of \(length) bytes leaves the content")
      }
      parts.append(content[position..<position + length])
      position += length
    }
    guard position == content.endIndex else {
      throw AnyTensor.unreadable("\(content.endIndex - position) bytes of content too many")
    }
    return parts
  }

  private static func varint(_ content: Data, _ position: inout Int) throws(StatusError) -> Int {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 63, position < content.endIndex {
      let byte = content[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return Int(value) }
      shift += 7
    }
    throw AnyTensor.unreadable("a length in the content is cut off or too large")
  }
}
