import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

// Where values enter and leave functions and partitions. The executor acts on their roles.

/// An argument of a function.
public enum FunctionArgument: OpDeclaration {
  public static let signature = OpSignature(
    "_Arg", outputs: ["output: T"], attributes: ["T: type", "index: int >= 0"], isStateful: true)
  public static let shapes = ShapeFunction { context in
    // Functions that come from files say here what they know of their arguments.
    if case .list(let shapes)? = context.attributes["_output_shapes"],
      case .shape(let shape)? = shapes.first
    {
      context.setOutput(0, shape)
    }
  }
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(role: .argument, isFoldable: false) }
  public static let kernels = KernelTable.none
}

/// A result of a function.
public enum FunctionResult: OpDeclaration {
  public static let signature = OpSignature(
    "_Retval", inputs: ["input: T"], attributes: ["T: type", "index: int >= 0"], isStateful: true)
  public static let shapes = ShapeFunction.none
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(role: .result, isFoldable: false) }
  public static let kernels = KernelTable.none
}

private let rendezvousAttributes = [
  "tensor_name: string", "send_device: string", "send_device_incarnation: int",
  "recv_device: string", "client_terminated: bool = false",
]

/// Hands a tensor to another partition.
public enum SendTensor: OpDeclaration {
  public static let signature = OpSignature(
    "_Send", inputs: ["tensor: T"], attributes: ["T: type"] + rendezvousAttributes,
    isStateful: true)
  public static let shapes = ShapeFunction.none
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(role: .send, isFoldable: false) }
  public static let kernels = KernelTable.none
}

/// Takes a tensor from another partition.
public enum ReceiveTensor: OpDeclaration {
  public static let signature = OpSignature(
    "_Recv", outputs: ["tensor: tensor_type"],
    attributes: ["tensor_type: type"] + rendezvousAttributes, isStateful: true)
  public static let shapes = ShapeFunction.unknown
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(role: .receive, isFoldable: false) }
  public static let kernels = KernelTable.none
}

/// Hands a tensor in host memory to another partition.
public enum HostSendTensor: OpDeclaration {
  public static let signature = OpSignature(
    "_HostSend", inputs: ["tensor: T"], attributes: ["T: type"] + rendezvousAttributes,
    isStateful: true)
  public static let shapes = ShapeFunction.none
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(role: .send, isFoldable: false) }
  public static let kernels = KernelTable.none
}

/// Takes a tensor in host memory from another partition.
public enum HostReceiveTensor: OpDeclaration {
  public static let signature = OpSignature(
    "_HostRecv", outputs: ["tensor: tensor_type"],
    attributes: ["tensor_type: type"] + rendezvousAttributes, isStateful: true)
  public static let shapes = ShapeFunction.unknown
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(role: .receive, isFoldable: false) }
  public static let kernels = KernelTable.none
}
