import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

// Tensors that a session keeps between runs.

/// Stores a tensor in the session and returns its handle's text.
public enum GetSessionHandle: OpDeclaration {
  public static let signature = OpSignature(
    "GetSessionHandle", inputs: ["value: T"], outputs: ["handle: string"],
    attributes: ["T: type"], isStateful: true)
  public static let shapes = ShapeFunction.scalar
  public static let gradient = GradientRule.notDifferentiable(because: "it returns a handle")
  public static let kernels = KernelTable { construction in
    let (name, device) = (construction.nodeName, construction.device)
    return ClosureKernel { context in
      let handle = try store(context, name: name, device: device)
      try context.setScalar(0, ByteString(handle))
    }
  }

  fileprivate static func store(
    _ context: borrowing KernelContext, name: String, device: String
  ) throws(StatusError) -> String {
    guard let handles = context.services.handles else {
      throw .failedPrecondition("GetSessionHandle called on null session state")
    }
    return handles.store(try context.input(0), operation: name, device: device)
  }
}

/// Stores a tensor in the session and returns a resource handle to it.
public enum GetSessionHandleV2: OpDeclaration {
  public static let signature = OpSignature(
    "GetSessionHandleV2", inputs: ["value: T"], outputs: ["handle: resource"],
    attributes: ["T: type"], isStateful: true)
  public static let shapes = ShapeFunction.scalar
  public static let gradient = GradientRule.notDifferentiable(because: "it returns a handle")
  public static let kernels = KernelTable { construction in
    let (name, device) = (construction.nodeName, construction.device)
    return ClosureKernel { context in
      let handle = try GetSessionHandle.store(context, name: name, device: device)
      try context.setScalar(
        0, ResourceHandle(device: device, name: handle, typeName: "TensorHandle"))
    }
  }
}

/// The tensor behind a handle.
public enum GetSessionTensor: OpDeclaration {
  public static let signature = OpSignature(
    "GetSessionTensor", inputs: ["handle: string"], outputs: ["value: dtype"],
    attributes: ["dtype: type"], isStateful: true)
  public static let shapes = ShapeFunction { context in try context.requireRank(0, 0) }
  public static let gradient = GradientRule.notDifferentiable(because: "the tensor is stored")
  public static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("dtype")
    return ClosureKernel { context in
      guard let handles = context.services.handles else {
        throw StatusError.failedPrecondition("GetSessionTensor called on null session state")
      }
      let handle: ByteString = try context.scalar(0)
      let tensor = try handles.find(handle.string)
      guard tensor.dtype == dtype else {
        throw StatusError.invalidArgument(
          "The tensor with handle '\(handle)' is \(tensor.dtype), expected \(dtype)")
      }
      try context.setOutput(0, tensor)
    }
  }
}

/// Forgets the tensor behind a handle.
public enum DeleteSessionTensor: OpDeclaration {
  public static let signature = OpSignature(
    "DeleteSessionTensor", inputs: ["handle: string"], isStateful: true)
  public static let shapes = ShapeFunction { context in try context.requireRank(0, 0) }
  public static let gradient = GradientRule.notDifferentiable(because: "it has no outputs")
  public static let kernels = KernelTable.closure { context in
    guard let handles = context.services.handles else {
      throw StatusError.failedPrecondition("DeleteSessionTensor called on null session state")
    }
    try handles.delete(context.scalar(0, of: ByteString.self).string)
  }
}
