public import LoomCore
public import LoomKernels

// Gradients of activations take two tensors of one shape: they do not broadcast.

/// The gradient of an activation over ordered elements.
public protocol RealActivationGradient: RealKernelFamily {
  static func apply<Scalar: RealScalar>(_ upstream: Scalar, _ value: Scalar) -> Scalar
}

enum RealActivationGradientBody<Op: RealActivationGradient, Scalar: RealScalar>: BinaryBody {
  @inline(__always) static func apply(_ a: Scalar, _ b: Scalar) -> Scalar { Op.apply(a, b) }

  static func check(_ a: AnyTensor, _ b: AnyTensor) throws(StatusError) {
    try requireSameShape(a, b)
  }
}

extension RealActivationGradient {
  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    BinaryKernel<RealActivationGradientBody<Self, Scalar>>()
  }
}

/// The gradient of an activation over floating elements, computed in the accumulator's precision.
public protocol FloatingActivationGradient: FloatingKernelFamily {
  static func apply<Real: FloatingScalar & BinaryFloatingPoint>(
    _ upstream: Real, _ value: Real
  ) -> Real
}

enum FloatingActivationGradientBody<Op: FloatingActivationGradient, Scalar: FloatingScalar>:
  BinaryBody
{
  @inline(__always) static func apply(_ a: Scalar, _ b: Scalar) -> Scalar {
    Scalar(Op.apply(a.accumulator, b.accumulator))
  }

  static func check(_ a: AnyTensor, _ b: AnyTensor) throws(StatusError) {
    try requireSameShape(a, b)
  }
}

extension FloatingActivationGradient {
  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    BinaryKernel<FloatingActivationGradientBody<Self, Scalar>>()
  }
}

func requireSameShape(_ a: AnyTensor, _ b: AnyTensor) throws(StatusError) {
  guard a.shape == b.shape else {
    throw .invalidArgument("g and a must be the same size, got \(a.shape) and \(b.shape)")
  }
}
