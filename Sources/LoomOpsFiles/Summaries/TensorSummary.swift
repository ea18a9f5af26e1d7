import FoundationEssentials
import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport
import LoomProto

/// A `Summary` message with a whole tensor, under the name of the node.
enum TensorSummary: OpDeclaration {
  static let signature = OpSignature(
    "TensorSummary", inputs: ["tensor: T"], outputs: ["summary: string"],
    attributes: [
      "T: type", "description: string = \"\"", "labels: list(string) = []",
      "display_name: string = \"\"",
    ])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.notDifferentiable(because: "messages have no derivatives")
  static let kernels = KernelTable(where: ["T": summarized]) { construction in
    let name = construction.nodeName
    return ClosureKernel { context in
      var value = Tensorflow_Summary.Value()
      value.nodeName = name
      value.tensor = try content(of: context.input(0))
      try context.setValue(value)
    }
  }
}

/// A `Summary` message with a whole tensor and what is told of it.
enum TensorSummaryV2: OpDeclaration {
  static let signature = OpSignature(
    "TensorSummaryV2",
    inputs: ["tag: string", "tensor: T", "serialized_summary_metadata: string"],
    outputs: ["summary: string"], attributes: ["T: type"])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.notDifferentiable(because: "messages have no derivatives")
  static let kernels = KernelTable(where: ["T": summarized]) { _ in
    ClosureKernel { context in
      let (tag, metadata) = (try context.input(0), try context.input(2))
      guard tag.shape.isScalar else { throw StatusError.invalidArgument("tag must be scalar") }
      guard metadata.shape.isScalar else {
        throw StatusError.invalidArgument("serialized_summary_metadata must be scalar")
      }
      var value = Tensorflow_Summary.Value()
      value.tag = try tag.element(0, of: ByteString.self).string
      value.tensor = try content(of: context.input(1))
      let bytes = Data(try metadata.element(0, of: ByteString.self).bytes)
      // TensorFlow takes bytes that are no such message for an empty one.
      do throws(StatusError) {
        value.metadata = try Wire.decode(Tensorflow_SummaryMetadata.self, bytes)
      } catch { value.metadata = Tensorflow_SummaryMetadata() }
      try context.setValue(value)
    }
  }
}

private let summarized: Set<DType> = Set.numeric.union([.bool, .string, .resource, .variant])

/// The message of a tensor, plain elements always as they lie in memory.
private func content(of tensor: AnyTensor) throws(StatusError) -> Tensorflow_TensorProto {
  guard tensor.dtype.byteSize != nil, tensor.elementCount == 1 else {
    return try Tensorflow_TensorProto(tensor)
  }
  var message = Tensorflow_TensorProto()
  message.dtype = tensor.dtype.proto
  message.tensorShape = tensor.shape.proto
  let flat = try tensor.bitcast(to: .uint8, shape: Shape(vector: tensor.byteCount))
  message.tensorContent = Data(try flat.scalars(of: UInt8.self))
  return message
}

extension KernelContext {
  fileprivate func setValue(_ value: Tensorflow_Summary.Value) throws(StatusError) {
    var summary = Tensorflow_Summary()
    summary.value = [value]
    try setSummary(summary)
  }
}
