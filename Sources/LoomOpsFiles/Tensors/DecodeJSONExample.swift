import FoundationEssentials
import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport
import LoomProto
import SwiftProtobuf

/// Examples in JSON as examples in wire format.
enum DecodeJSONExample: FileOp {
  static let signature = OpSignature(
    "DecodeJSONExample", inputs: ["json_examples: string"], outputs: ["binary_examples: string"])
  static let shapes = ShapeFunction.unchanged
  static let properties = OpProperties()
  static let kernels = KernelTable.closure { context in
    let input = try context.input(0)
    var texts: [ByteString] = []
    for (index, text) in try input.scalars(of: ByteString.self).enumerated() {
      texts.append(try convert(text, index))
    }
    try context.setTexts(0, texts, shape: input.shape)
  }

  private static func convert(_ text: ByteString, _ index: Int) throws(StatusError) -> ByteString {
    var options = JSONDecodingOptions()
    options.messageDepthLimit = MessageLimits.depth
    let example: Tensorflow_Example
    do {
      example = try Tensorflow_Example(jsonUTF8Bytes: text.bytes, options: options)
    } catch {
      throw .invalidArgument("Error while parsing JSON at index \(index): \(error)")
    }
    return ByteString(bytes: Array(try Wire.encode(example)))
  }
}
