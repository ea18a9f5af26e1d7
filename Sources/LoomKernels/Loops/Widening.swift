import CLoomVector
public import LoomCore

/// half and bfloat16 tensors as Float and back, for kernels that compute in Float.
public enum Widening {
  /// The elements as Float; the tensor itself if it holds Floats.
  public static func float(_ x: AnyTensor) throws(StatusError) -> AnyTensor {
    if x.dtype == .float { return x }
    let y = try AnyTensor.uninitialized(dtype: .float, shape: x.shape)
    let target = unsafe try y.writablePointer(of: Float.self)
    switch x.dtype {
    case .half:
      let source = unsafe try x.pointer(of: Float16.self)
      // Float16 and BFloat16 are their 16 bits.
      unsafe loom_half_to_float(
        UnsafeRawPointer(source).assumingMemoryBound(to: UInt16.self), target, x.elementCount)
    case .bfloat16:
      let source = unsafe try x.pointer(of: BFloat16.self)
      unsafe loom_bfloat16_to_float(
        UnsafeRawPointer(source).assumingMemoryBound(to: UInt16.self), target, x.elementCount)
    default: throw .internal("Cannot widen \(x.dtype)")
    }
    return y
  }

  /// Rounds the Floats of `x` to nearest into `y`, a half or bfloat16 tensor of as many elements.
  public static func narrow(_ x: AnyTensor, into y: AnyTensor) throws(StatusError) {
    guard x.elementCount == y.elementCount else {
      throw .internal("Cannot narrow \(x.elementCount) elements into \(y.elementCount)")
    }
    let source = unsafe try x.pointer(of: Float.self)
    switch y.dtype {
    case .half:
      let target = unsafe try y.writablePointer(of: Float16.self)
      unsafe loom_float_to_half(
        source, UnsafeMutableRawPointer(target).assumingMemoryBound(to: UInt16.self),
        x.elementCount)
    case .bfloat16:
      let target = unsafe try y.writablePointer(of: BFloat16.self)
      unsafe loom_float_to_bfloat16(
        source, UnsafeMutableRawPointer(target).assumingMemoryBound(to: UInt16.self),
        x.elementCount)
    default: throw .internal("Cannot narrow to \(y.dtype)")
    }
  }

  /// The elements of any real tensor as Float, rounded to nearest; the tensor itself if it holds Floats.
  public static func real(_ x: AnyTensor) throws(StatusError) -> AnyTensor {
    switch x.dtype {
    case .float, .half, .bfloat16: return try float(x)
    default:
      let y = try AnyTensor.uninitialized(dtype: .float, shape: x.shape)
      try x.dtype.visitReal(Conversion(x: x, y: y))
      return y
    }
  }

  private struct Conversion: RealVisitor {
    let x: AnyTensor
    let y: AnyTensor

    func visit<Scalar: RealScalar>(_ type: Scalar.Type) throws(StatusError) {
      let source = unsafe try x.pointer(of: Scalar.self)
      let target = unsafe try y.writablePointer(of: Float.self)
      // Both tensors have one shape.
      for index in 0..<x.elementCount { unsafe target[index] = Float(source[index].doubleValue) }
    }
  }
}
