package import LoomCore
import LoomKernels

/// The first elements of a tensor as TensorFlow prints them: `1 2 3...`, `[0 1][2...]...`.
package struct TensorSummary {
  /// Elements shown; all if negative.
  package let limit: Int

  package init(limit: Int) { self.limit = limit }

  package func text(_ tensor: AnyTensor) throws(StatusError) -> String {
    let total = tensor.elementCount
    let shown = limit < 0 ? total : Swift.min(limit, total)
    let elements = try elements(of: tensor, count: shown)
    let sizes = tensor.shape.sizes
    guard sizes.count > 1 else {
      return elements.joined(separator: " ") + (total > shown ? "..." : "")
    }
    return nested(elements, sizes: sizes) + (total > shown ? "..." : "")
  }

  /// The tensor with all its brackets, and from each dimension only the first and last ``limit``
  /// entries: `[[0 ... 3]\n ...\n [8 ... 11]]`.
  package func bracketedText(_ tensor: AnyTensor) throws(StatusError) -> String {
    let sizes = tensor.shape.sizes
    let ends = Swift.min(limit < 0 ? tensor.elementCount : limit, tensor.elementCount)
    guard !sizes.isEmpty else {
      return ends > 0 ? try element(tensor, 0, quoted: true) : "..."
    }
    // TensorFlow shows nothing of Booleans then.
    if ends == 0, tensor.dtype == .bool { return "" }
    var text = ""
    // Where each open dimension stands; a stack, because ranks come from outside.
    var positions = [0]
    text += "["
    while let position = positions.last {
      let depth = positions.count - 1
      let count = sizes[depth]
      if position >= count {
        text += "]"
        positions.removeLast()
        if !positions.isEmpty { positions[positions.count - 1] += 1 }
        continue
      }
      if position >= ends, position < count - ends {
        text += spacing(depth, sizes.count, isFirst: false) + "..."
        positions[depth] = Swift.max(ends, count - ends)
        continue
      }
      text += spacing(depth, sizes.count, isFirst: position == 0)
      if depth == sizes.count - 1 {
        let index = zip(positions, tensor.shape.strides).reduce(0) { $0 &+ $1.0 &* $1.1 }
        text += try element(tensor, index, quoted: true)
        positions[depth] += 1
      } else {
        text += "["
        positions.append(0)
      }
    }
    return text
  }

  /// What separates two entries of a dimension: a blank, or line breaks and the brackets' width.
  private func spacing(_ depth: Int, _ rank: Int, isFirst: Bool) -> String {
    if isFirst { return "" }
    if depth == rank - 1 { return " " }
    return String(repeating: "\n", count: rank - depth - 1)
      + String(repeating: " ", count: depth + 1)
  }

  private func element(
    _ tensor: AnyTensor, _ index: Int, quoted: Bool
  ) throws(StatusError) -> String {
    let text = try element(tensor, index)
    return quoted && tensor.dtype == .string ? "\"" + text + "\"" : text
  }

  /// Brackets around every dimension but the outermost. Where the elements end inside a row, dots take
  /// the place of the rest of that row.
  private func nested(_ elements: [String], sizes: [Int]) -> String {
    guard !elements.isEmpty, let row = sizes.last else { return "" }
    var text = ""
    // Elements in one block of each dimension inside the outermost.
    var blocks = [Int](repeating: row, count: sizes.count - 1)
    for index in blocks.indices.dropLast().reversed() {
      // The whole product is the element count, which was checked.
      blocks[index] = blocks[index + 1] &* sizes[index + 1]
    }
    for (index, element) in elements.enumerated() {
      let opened = blocks.filter { index % $0 == 0 }.count
      text += String(repeating: "[", count: opened)
      if opened == 0 { text += " " }
      text += element
      let next = index + 1
      if next == elements.count {
        if next % row != 0 { text += "..." }
        text += String(repeating: "]", count: blocks.count)
      } else {
        text += String(repeating: "]", count: blocks.filter { next % $0 == 0 }.count)
      }
    }
    return text
  }

  private func elements(of tensor: AnyTensor, count: Int) throws(StatusError) -> [String] {
    var result: [String] = []
    result.reserveCapacity(count)
    for index in 0..<count { result.append(try element(tensor, index)) }
    return result
  }

  private func element(_ tensor: AnyTensor, _ index: Int) throws(StatusError) -> String {
    switch tensor.dtype {
    case .float: return NumberText.shortest(try tensor.element(index, of: Float.self))
    case .double: return NumberText.shortest(try tensor.element(index, of: Double.self))
    case .half:
      return NumberText.shortest(Float(try tensor.element(index, of: Float16.self)))
    case .bfloat16:
      return NumberText.shortest(try tensor.element(index, of: BFloat16.self).accumulator)
    case .bool: return try tensor.element(index, of: Bool.self) ? "1" : "0"
    case .string:
      return TensorSummary.escaped(try tensor.element(index, of: ByteString.self))
    case .complex64:
      let value = try tensor.element(index, of: Complex64.self)
      return "(\(NumberText.shortest(value.real)),\(NumberText.shortest(value.imaginary)))"
    case .complex128:
      let value = try tensor.element(index, of: Complex128.self)
      return "(\(NumberText.shortest(value.real)),\(NumberText.shortest(value.imaginary)))"
    case .qint8: return String(try tensor.element(index, of: QInt8.self).storage)
    case .quint8: return String(try tensor.element(index, of: QUInt8.self).storage)
    case .qint16: return String(try tensor.element(index, of: QInt16.self).storage)
    case .quint16: return String(try tensor.element(index, of: QUInt16.self).storage)
    case .qint32: return String(try tensor.element(index, of: QInt32.self).storage)
    case .resource:
      let handle = try tensor.element(index, of: ResourceHandle.self)
      return "<ResourceHandle(name=\"\(handle.name)\")>"
    case .variant:
      let value = try tensor.element(index, of: Variant.self).value
      return "<\(value?.typeName ?? "empty")>"
    case let dtype where dtype.isInteger && dtype.byteSize ?? 1 >= 1:
      return try TensorSummary.integer(tensor, index)
    default: return "?"
    }
  }

  private static func integer(_ tensor: AnyTensor, _ index: Int) throws(StatusError) -> String {
    switch tensor.dtype {
    case .int8: String(try tensor.element(index, of: Int8.self))
    case .int16: String(try tensor.element(index, of: Int16.self))
    case .int32: String(try tensor.element(index, of: Int32.self))
    case .int64: String(try tensor.element(index, of: Int64.self))
    case .uint8: String(try tensor.element(index, of: UInt8.self))
    case .uint16: String(try tensor.element(index, of: UInt16.self))
    case .uint32: String(try tensor.element(index, of: UInt32.self))
    case .uint64: String(try tensor.element(index, of: UInt64.self))
    default: "?"
    }
  }

  /// Quotes, backslashes and control characters as C writes them; UTF-8 stays.
  private static func escaped(_ text: ByteString) -> String {
    var bytes: [UInt8] = []
    for byte in text.bytes {
      switch byte {
      case UInt8(ascii: "\n"): bytes += "\\n".utf8
      case UInt8(ascii: "\r"): bytes += "\\r".utf8
      case UInt8(ascii: "\t"): bytes += "\\t".utf8
      case UInt8(ascii: "\""): bytes += "\\\"".utf8
      case UInt8(ascii: "'"): bytes += "\\'".utf8
      case UInt8(ascii: "\\"): bytes += "\\\\".utf8
      case 0x20..<0x7F, 0x80...: bytes.append(byte)
      default:
        let octal = String(byte, radix: 8)
        bytes += ("\\" + String(repeating: "0", count: 3 - octal.count) + octal).utf8
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
