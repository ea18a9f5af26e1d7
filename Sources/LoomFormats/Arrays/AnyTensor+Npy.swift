internal import FoundationEssentials
public import LoomCore

extension AnyTensor {
  /// Reads an array as numpy saves it (format versions 1 to 3).
  ///
  /// - Parameter dtype: what to read the elements as: another dtype of the same size, such as
  ///   `bfloat16` for elements stored as `uint16`. `nil`: what the file says.
  /// - Throws: ``StatusError/Code/dataLoss`` if the bytes are no .npy file or cut off;
  ///   ``StatusError/Code/invalidArgument`` if `dtype` does not fit;
  ///   ``StatusError/Code/unimplemented`` for element types that tensors do not have.
  public init(
    npy bytes: [UInt8], as dtype: DType? = nil, budget: MemoryBudget = .files
  ) throws(StatusError) {
    try self.init(npy: Data(bytes), as: dtype, budget: budget)
  }

  /// Reads a .npy file.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is none; what ``init(npy:as:budget:)`` throws.
  public init(
    npyFile path: String, as dtype: DType? = nil, budget: MemoryBudget = .files
  ) throws(StatusError) {
    try self.init(npy: readFile(path), as: dtype, budget: budget)
  }

  init(npy bytes: Data, as dtype: DType?, budget: MemoryBudget) throws(StatusError) {
    let header = try NpyHeader(bytes)
    let unit = header.kind == "U" ? Checked.multiply(header.size, 4) : header.size
    guard let unit, let expected = Checked.multiply(header.shape.elementCount, unit),
      expected <= bytes.count - header.dataOffset
    else {
      throw StatusError(
        .dataLoss,
        "The .npy file is cut off: \(bytes.count - header.dataOffset) bytes for shape \(header.shape)"
      )
    }
    let start = bytes.startIndex + header.dataOffset
    let arranged = header.arranged(bytes[start..<start + expected], unit: unit)
    if header.kind == "S" || header.kind == "U" {
      self = try AnyTensor(header.texts(arranged, unit: unit), shape: header.shape, budget: budget)
      return
    }
    let stored = try header.dtype()
    let wanted = dtype ?? stored
    guard let wanted else {
      throw .unimplemented("Elements of .npy type '\(header.kind)\(header.size)' need a dtype")
    }
    guard wanted.byteSize == header.size, !wanted.isReference else {
      throw .invalidArgument(
        "Elements of \(header.size) bytes can't be read as \(wanted) from a .npy file")
    }
    try self.init(dtype: wanted, shape: header.shape, bytes: arranged, budget: budget)
  }

  /// The array as numpy saves it (format version 1, C order, little endian).
  ///
  /// - Parameter asBits: writes dtypes that numpy does not have as unsigned or signed integers of
  ///   their size: `bfloat16` as `uint16`, the quantised dtypes as their storage.
  /// - Throws: ``StatusError/Code/invalidArgument`` for dtypes that numpy does not have.
  public func npy(asBits: Bool = false) throws(StatusError) -> [UInt8] {
    let type = try npyType(asBits: asBits)
    let sizes = shape.sizes
    let tuple =
      sizes.count == 1
      ? "(\(sizes[0]),)" : "(" + sizes.map(String.init).joined(separator: ", ") + ")"
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(tuple), }"
    // Elements begin at a multiple of 64, after a line feed.
    let unpadded = 10 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = header.utf8.count
    // 254 sizes of 19 digits are far from the limit.
    guard length <= Int(UInt16.max) else {
      throw .invalidArgument("The shape is too long for .npy")
    }
    var result: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]
    result += [UInt8(length & 0xff), UInt8(length >> 8)]
    result += Array(header.utf8)
    result += try data()
    return result
  }

  private func npyType(asBits: Bool) throws(StatusError) -> String {
    switch dtype {
    case .float: return "<f4"
    case .double: return "<f8"
    case .half: return "<f2"
    case .int8: return "|i1"
    case .int16: return "<i2"
    case .int32: return "<i4"
    case .int64: return "<i8"
    case .uint8: return "|u1"
    case .uint16: return "<u2"
    case .uint32: return "<u4"
    case .uint64: return "<u8"
    case .bool: return "|b1"
    case .complex64: return "<c8"
    case .complex128: return "<c16"
    case .qint8 where asBits: return "|i1"
    case .qint16 where asBits: return "<i2"
    case .qint32 where asBits: return "<i4"
    case .quint16 where asBits, .bfloat16 where asBits: return "<u2"
    default:
      guard asBits, dtype.byteSize == 1 else {
        throw .invalidArgument("numpy has no element type for \(dtype)")
      }
      return "|u1"
    }
  }
}

extension NpyHeader {
  /// The dtype of the elements; `nil` for raw bytes.
  func dtype() throws(StatusError) -> DType? {
    switch (kind, size) {
    case ("f", 2): .half
    case ("f", 4): .float
    case ("f", 8): .double
    case ("i", 1): .int8
    case ("i", 2): .int16
    case ("i", 4): .int32
    case ("i", 8): .int64
    case ("u", 1): .uint8
    case ("u", 2): .uint16
    case ("u", 4): .uint32
    case ("u", 8): .uint64
    case ("b", 1): .bool
    case ("c", 8): .complex64
    case ("c", 16): .complex128
    case ("V", _): nil
    default:
      throw .unimplemented("Elements of .npy type '\(kind)\(size)' can't be read")
    }
  }

  /// The elements in C order and the machine's byte order.
  func arranged(_ bytes: Data, unit: Int) -> Data {
    var result = bytes
    if isFortranOrder, shape.rank > 1, unit > 0 { result = inRowMajorOrder(result, unit: unit) }
    let part = kind == "c" ? size / 2 : kind == "U" ? 4 : size
    guard isBigEndian, part > 1, kind != "S", kind != "V" else { return result }
    var swapped = Data()
    swapped.reserveCapacity(result.count)
    var position = result.startIndex
    while position + part <= result.endIndex {
      swapped.append(contentsOf: result[position..<position + part].reversed())
      position += part
    }
    return swapped
  }

  private func inRowMajorOrder(_ bytes: Data, unit: Int) -> Data {
    // Column-major strides: the first dimension is densest. The file's length was checked against
    // the shape, so no product overflows.
    var strides: [Int] = []
    var step = unit
    for axis in 0..<shape.rank {
      strides.append(step)
      step = step &* shape[axis]
    }
    var result = Data()
    result.reserveCapacity(bytes.count)
    var index = [Int](repeating: 0, count: shape.rank)
    var position = bytes.startIndex
    for _ in 0..<shape.elementCount {
      result.append(bytes[position..<position + unit])
      var axis = shape.rank - 1
      while axis >= 0 {
        index[axis] += 1
        position += strides[axis]
        if index[axis] < shape[axis] { break }
        position -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    return result
  }

  /// Elements of fixed length, padded with zeros; `U` holds code points of four bytes.
  func texts(_ bytes: Data, unit: Int) -> [ByteString] {
    (0..<shape.elementCount).map { element in
      let start = bytes.startIndex + element * unit
      let item = bytes[start..<start + unit]
      if kind == "S" {
        let end = item.lastIndex { $0 != 0 }.map { $0 + 1 } ?? item.startIndex
        return ByteString(item[item.startIndex..<end])
      }
      var scalars = String.UnicodeScalarView()
      var position = item.startIndex
      while position + 4 <= item.endIndex {
        var code: UInt32 = 0
        for byte in 0..<4 { code |= UInt32(item[position + byte]) << (8 * UInt32(byte)) }
        if code == 0 { break }
        scalars.append(Unicode.Scalar(code) ?? "\u{fffd}")
        position += 4
      }
      return ByteString(String(scalars))
    }
  }
}
