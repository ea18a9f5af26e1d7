/// An input as definitions write it: `node`, `node:index` or `^node`.
struct InputName: Hashable {
  /// The index that stands for a control input.
  static let control = -1

  let node: String
  let index: Int

  var isControl: Bool { index == InputName.control }

  /// Reads TensorFlow's notation. Whatever does not end in a colon and digits is a node's name.
  init(_ text: String) {
    let bytes = text.utf8
    if bytes.first == UInt8(ascii: "^") {
      node = String(text.dropFirst())
      index = InputName.control
      return
    }
    if let colon = bytes.lastIndex(of: UInt8(ascii: ":")) {
      let digits = bytes[bytes.index(after: colon)...]
      let isNumber = !digits.isEmpty && digits.allSatisfy { (48...57).contains($0) }
      if isNumber, let value = Int(text[bytes.index(after: colon)...]) {
        node = String(text[..<colon])
        index = value
        return
      }
    }
    node = text
    index = 0
  }
}
