import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// The handle of an iterator as a string, to be fed.
enum IteratorToStringHandle: OpDeclaration {
  static let signature = OpSignature(
    "IteratorToStringHandle", inputs: ["resource_handle: resource"],
    outputs: ["string_handle: string"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    let handle: ResourceHandle = try context.scalar(0)
    // The iterator has to exist.
    _ = try context.iterator(0)
    try context.setScalar(0, HandleText(handle).encoded)
  }
}

/// The iterator whose handle a string holds.
enum IteratorFromStringHandleV2: FromStringHandleOp {
  static let signature = OpSignature(
    "IteratorFromStringHandleV2", inputs: ["string_handle: string"],
    outputs: ["resource_handle: resource"],
    attributes: ["output_types: list(type) >= 0 = []", "output_shapes: list(shape) >= 0 = []"],
    isStateful: true)
}

/// The first form of ``IteratorFromStringHandleV2``.
enum IteratorFromStringHandle: FromStringHandleOp {
  static let signature = OpSignature(
    "IteratorFromStringHandle", inputs: ["string_handle: string"],
    outputs: ["resource_handle: resource"],
    attributes: ["output_types: list(type) >= 0 = []", "output_shapes: list(shape) >= 0 = []"],
    isStateful: true)
}

protocol FromStringHandleOp: OpDeclaration {}

extension FromStringHandleOp {
  static var shapes: ShapeFunction { .scalar }
  static var gradient: GradientRule { .undefined }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static var kernels: KernelTable {
    KernelTable { node in
      let elements = try ElementSpecification(node.attributes)
      let device = node.device
      return ClosureKernel { context in
        let text: ByteString = try context.argument(0, "string_handle")
        guard let handle = HandleText(decoding: text) else {
          throw StatusError.invalidArgument(
            "Could not parse string_handle as a valid ResourceHandle")
        }
        guard handle.device.isEmpty || handle.device == device else {
          throw StatusError.invalidArgument(
            "Attempted create an iterator on device \"\(device)\" from handle defined on device "
              + "\"\(handle.device)\"")
        }
        let iterator = try context.resources.find(
          IteratorResource.self, container: handle.container, name: handle.name)
        if elements.count > 0, let known = iterator.elements { try elements.checkAccepts(known) }
        try context.setOutput(0, iterator.handle(device: device))
      }
    }
  }
}

/// A resource handle as a string, in the encoding of TensorFlow's `ResourceHandleProto`.
struct HandleText {
  var device: String
  var container: String
  var name: String
  var typeName: String

  init(_ handle: ResourceHandle) {
    device = handle.device
    container = handle.container
    name = handle.name
    typeName = handle.typeName
  }

  /// Fields 1, 2, 3 and 5 of the message are texts.
  var encoded: ByteString {
    var bytes: [UInt8] = []
    for (field, text) in [(1, device), (2, container), (3, name), (5, typeName)]
    where !text.isEmpty {
      bytes.append(UInt8(field << 3 | 2))
      var length = text.utf8.count
      while length > 127 {
        bytes.append(UInt8(length & 127 | 128))
        length >>= 7
      }
      bytes.append(UInt8(length))
      bytes += text.utf8
    }
    return ByteString(bytes)
  }

  /// - Returns: `nil` if the text is no message of that type.
  init?(decoding text: ByteString) {
    self.init(ResourceHandle())
    var rest = text.bytes[...]
    while let tag = HandleText.number(&rest) {
      switch tag & 7 {
      case 0: guard HandleText.number(&rest) != nil else { return nil }
      case 2:
        guard let length = HandleText.number(&rest), length <= UInt64(rest.count) else {
          return nil
        }
        let value = String(decoding: rest.prefix(Int(length)), as: UTF8.self)
        rest = rest.dropFirst(Int(length))
        switch tag >> 3 {
        case 1: device = value
        case 2: container = value
        case 3: name = value
        case 5: typeName = value
        default: break
        }
      default: return nil
      }
    }
    guard rest.isEmpty, !name.isEmpty else { return nil }
  }

  /// The variable-length number in front; `nil` if there is none.
  private static func number(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for (index, byte) in bytes.prefix(10).enumerated() {
      value |= UInt64(byte & 127) << UInt64(7 * index)
      if byte < 128 {
        bytes = bytes.dropFirst(index + 1)
        return value
      }
    }
    return nil
  }
}
