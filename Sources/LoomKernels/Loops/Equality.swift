public import LoomCore

/// Whether two elements are equal: by value, so that NaN equals nothing and -0 equals 0.
public enum EqualBody<Scalar: TensorScalar & Equatable>: BinaryBody {
  @inlinable @inline(__always) public static func apply(_ a: Scalar, _ b: Scalar) -> Bool { a == b }
}

/// Whether two elements differ.
public enum NotEqualBody<Scalar: TensorScalar & Equatable>: BinaryBody {
  @inlinable @inline(__always) public static func apply(_ a: Scalar, _ b: Scalar) -> Bool { a != b }
}

extension KernelTable {
  /// Equality (or inequality) over every dtype that has it. Types whose equality is that of their
  /// bits share kernels by element size.
  package static func equality(negated: Bool) -> KernelTable {
    KernelTable(where: ["T": .plain.union([.string])]) { construction in
      let dtype = try construction.attributes.type("T").base
      let kernel = negated ? differing(dtype) : equal(dtype)
      if try construction.attributes.bool("incompatible_shape_error") { return kernel }
      return LenientKernel(kernel, otherwise: negated)
    }
  }

  private static func equal(_ dtype: DType) -> any Kernel {
    switch dtype {
    case .float: specialized(BinaryKernel<EqualBody<Float>>())
    case .double: specialized(BinaryKernel<EqualBody<Double>>())
    case .half: specialized(BinaryKernel<WidenedComparison<EqualBody<Float>, Float16>>())
    case .bfloat16: specialized(BinaryKernel<WidenedComparison<EqualBody<Float>, BFloat16>>())
    case .complex64: specialized(BinaryKernel<EqualBody<Complex64>>())
    case .complex128: specialized(BinaryKernel<EqualBody<Complex128>>())
    case .string: specialized(BinaryKernel<EqualBody<ByteString>>())
    default:
      switch dtype.byteSize {
      case 1: specialized(BinaryKernel<EqualBody<UInt8>>(input: dtype))
      case 2: specialized(BinaryKernel<EqualBody<UInt16>>(input: dtype))
      case 4: specialized(BinaryKernel<EqualBody<UInt32>>(input: dtype))
      default: specialized(BinaryKernel<EqualBody<UInt64>>(input: dtype))
      }
    }
  }

  private static func differing(_ dtype: DType) -> any Kernel {
    switch dtype {
    case .float: specialized(BinaryKernel<NotEqualBody<Float>>())
    case .double: specialized(BinaryKernel<NotEqualBody<Double>>())
    case .half: specialized(BinaryKernel<WidenedComparison<NotEqualBody<Float>, Float16>>())
    case .bfloat16: specialized(BinaryKernel<WidenedComparison<NotEqualBody<Float>, BFloat16>>())
    case .complex64: specialized(BinaryKernel<NotEqualBody<Complex64>>())
    case .complex128: specialized(BinaryKernel<NotEqualBody<Complex128>>())
    case .string: specialized(BinaryKernel<NotEqualBody<ByteString>>())
    default:
      switch dtype.byteSize {
      case 1: specialized(BinaryKernel<NotEqualBody<UInt8>>(input: dtype))
      case 2: specialized(BinaryKernel<NotEqualBody<UInt16>>(input: dtype))
      case 4: specialized(BinaryKernel<NotEqualBody<UInt32>>(input: dtype))
      default: specialized(BinaryKernel<NotEqualBody<UInt64>>(input: dtype))
      }
    }
  }
}

/// A comparison that answers with one scalar where shapes do not broadcast.
private final class LenientKernel: Kernel {
  let kernel: any Kernel
  let answer: Bool

  init(_ kernel: any Kernel, otherwise answer: Bool) {
    self.kernel = kernel
    self.answer = answer
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    if try Broadcast.commonShape(context.input(0).shape, context.input(1).shape) == nil {
      try context.setScalar(0, answer)
    } else {
      try kernel.compute(context)
    }
  }
}
