public import LoomCore

extension Set<DType> {
  /// Dtypes with division, roots and logarithms: floating and complex.
  public static let field: Set<DType> = floating.union(complex)
}

/// Kernels for floating and complex dtypes.
public protocol FieldKernelFamily: SendableMetatype {
  static func kernel<Scalar: FieldScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel
}

extension KernelTable {
  @inlinable public static func field<Family: FieldKernelFamily>(
    _ family: Family.Type, attribute: String = "T", over types: Set<DType> = .field
  ) -> KernelTable {
    KernelTable(where: [attribute: types.intersection(.field)]) { construction in
      switch try construction.attributes.type(attribute).base {
      case .float: try Family.kernel(Float.self, construction)
      case .double: try Family.kernel(Double.self, construction)
      case .half: try Family.kernel(Float16.self, construction)
      case .bfloat16: try Family.kernel(BFloat16.self, construction)
      case .complex64: try Family.kernel(Complex64.self, construction)
      default: try Family.kernel(Complex128.self, construction)
      }
    }
  }
}
