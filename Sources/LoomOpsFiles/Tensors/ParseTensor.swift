import FoundationEssentials
import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport
import LoomProto

/// The tensor that a `TensorProto` in wire format holds.
enum ParseTensor: FileOp {
  static let signature = OpSignature(
    "ParseTensor", inputs: ["serialized: string"], outputs: ["output: out_type"],
    attributes: ["out_type: type"])
  static let shapes = ShapeFunction.unknown
  static let gradient = GradientRule.notDifferentiable(because: "texts are no numbers")
  static let properties = OpProperties()
  static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("out_type").base
    return ClosureKernel { context in
      let serialized = try context.input(0)
      guard serialized.shape.isScalar else {
        throw StatusError.invalidArgument(
          "Expected `serialized` to be a scalar, got shape: \(serialized.shape)")
      }
      let text = try serialized.element(0, of: ByteString.self)
      let tensor = try TensorMessage.decode(text, context.budget)
      guard tensor.dtype == dtype else {
        throw StatusError.invalidArgument(
          "Type mismatch between parsed tensor (\(tensor.dtype)) and dtype (\(dtype))")
      }
      try context.setOutput(0, tensor)
    }
  }
}

/// A tensor as a `TensorProto` in wire format.
enum SerializeTensor: FileOp {
  static let signature = OpSignature(
    "SerializeTensor", inputs: ["tensor: T"], outputs: ["serialized: string"],
    attributes: ["T: type"])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.notDifferentiable(because: "texts are no numbers")
  static let properties = OpProperties()
  static let kernels = KernelTable(where: ["T": .everything]) { _ in
    ClosureKernel { context in
      let tensor = try context.input(0)
      // Texts stand in their field, everything else in one piece.
      let message =
        tensor.dtype == .string
        ? try TensorMessage.texts(tensor) : try Tensorflow_TensorProto(contentOf: tensor)
      try context.setScalar(0, TensorMessage.bytes(message))
    }
  }
}

/// Tensors as texts that hold messages.
enum TensorMessage {
  static func decode(
    _ text: ByteString, _ budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    let message: Tensorflow_TensorProto
    do throws(StatusError) {
      message = try Wire.decode(Tensorflow_TensorProto.self, Data(text.bytes))
    } catch {
      throw .invalidArgument("Could not parse `serialized` as TensorProto: \(error.reason)")
    }
    return try AnyTensor(message, budget: budget)
  }

  static func texts(_ tensor: AnyTensor) throws(StatusError) -> Tensorflow_TensorProto {
    try Tensorflow_TensorProto(tensor)
  }

  static func bytes(_ message: Tensorflow_TensorProto) throws(StatusError) -> ByteString {
    ByteString(bytes: Array(try Wire.encode(message)))
  }

  /// A tensor with its elements in one piece.
  static func encode(_ tensor: AnyTensor) throws(StatusError) -> ByteString {
    try bytes(Tensorflow_TensorProto(contentOf: tensor))
  }
}
