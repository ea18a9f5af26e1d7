public import LoomCore

// One protocol per class of scalars. An op that conforms makes its kernel for any such scalar; the
// switch over dtypes stands here, once. The factories are inlinable so that each op's own module
// gets kernels specialised per scalar: an unspecialised generic loop is a hundred times slower.

/// Kernels for floating dtypes.
public protocol FloatingKernelFamily: SendableMetatype {
  static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel
}

/// Kernels for integer dtypes.
public protocol IntegerKernelFamily: SendableMetatype {
  static func kernel<Scalar: IntegerScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel
}

/// Kernels for ordered dtypes: floating and integer.
public protocol RealKernelFamily: SendableMetatype {
  static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel
}

/// Kernels for floating, integer and complex dtypes.
public protocol NumericKernelFamily: SendableMetatype {
  static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel
}

/// Kernels for every dtype whose elements are plain bytes: numeric, bool and quantised.
public protocol TrivialKernelFamily: SendableMetatype {
  static func kernel<Scalar: TrivialScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel
}

/// Kernels for every dtype, strings, resources and variants included.
public protocol AnyKernelFamily: SendableMetatype {
  static func kernel<Scalar: TensorScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel
}

/// Kernels for complex dtypes; `Real` is the dtype of the parts.
public protocol ComplexKernelFamily: SendableMetatype {
  static func kernel<Real: FloatingScalar & BinaryFloatingPoint>(
    _ type: Complex<Real>.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel
}

extension KernelTable {
  @inlinable public static func floating<Family: FloatingKernelFamily>(
    _ family: Family.Type, attribute: String = "T", over types: Set<DType> = .floating
  ) -> KernelTable {
    KernelTable(where: [attribute: types.intersection(.floating)]) { construction in
      switch try construction.attributes.type(attribute).base {
      case .float: try Family.kernel(Float.self, construction)
      case .double: try Family.kernel(Double.self, construction)
      case .half: try Family.kernel(Float16.self, construction)
      default: try Family.kernel(BFloat16.self, construction)
      }
    }
  }

  @inlinable public static func integer<Family: IntegerKernelFamily>(
    _ family: Family.Type, attribute: String = "T", over types: Set<DType> = .integers
  ) -> KernelTable {
    KernelTable(where: [attribute: types.intersection(.integers)]) { construction in
      switch try construction.attributes.type(attribute).base {
      case .int8: try Family.kernel(Int8.self, construction)
      case .int16: try Family.kernel(Int16.self, construction)
      case .int32: try Family.kernel(Int32.self, construction)
      case .int64: try Family.kernel(Int64.self, construction)
      case .uint8: try Family.kernel(UInt8.self, construction)
      case .uint16: try Family.kernel(UInt16.self, construction)
      case .uint32: try Family.kernel(UInt32.self, construction)
      default: try Family.kernel(UInt64.self, construction)
      }
    }
  }

  @inlinable public static func real<Family: RealKernelFamily>(
    _ family: Family.Type, attribute: String = "T", over types: Set<DType> = .real
  ) -> KernelTable {
    KernelTable(where: [attribute: types.intersection(.real)]) { construction in
      switch try construction.attributes.type(attribute).base {
      case .float: try Family.kernel(Float.self, construction)
      case .double: try Family.kernel(Double.self, construction)
      case .half: try Family.kernel(Float16.self, construction)
      case .bfloat16: try Family.kernel(BFloat16.self, construction)
      case .int8: try Family.kernel(Int8.self, construction)
      case .int16: try Family.kernel(Int16.self, construction)
      case .int32: try Family.kernel(Int32.self, construction)
      case .int64: try Family.kernel(Int64.self, construction)
      case .uint8: try Family.kernel(UInt8.self, construction)
      case .uint16: try Family.kernel(UInt16.self, construction)
      case .uint32: try Family.kernel(UInt32.self, construction)
      default: try Family.kernel(UInt64.self, construction)
      }
    }
  }

  @inlinable public static func numeric<Family: NumericKernelFamily>(
    _ family: Family.Type, attribute: String = "T", over types: Set<DType> = .numeric
  ) -> KernelTable {
    KernelTable(where: [attribute: types.intersection(.numeric)]) { construction in
      switch try construction.attributes.type(attribute).base {
      case .float: try Family.kernel(Float.self, construction)
      case .double: try Family.kernel(Double.self, construction)
      case .half: try Family.kernel(Float16.self, construction)
      case .bfloat16: try Family.kernel(BFloat16.self, construction)
      case .int8: try Family.kernel(Int8.self, construction)
      case .int16: try Family.kernel(Int16.self, construction)
      case .int32: try Family.kernel(Int32.self, construction)
      case .int64: try Family.kernel(Int64.self, construction)
      case .uint8: try Family.kernel(UInt8.self, construction)
      case .uint16: try Family.kernel(UInt16.self, construction)
      case .uint32: try Family.kernel(UInt32.self, construction)
      case .uint64: try Family.kernel(UInt64.self, construction)
      case .complex64: try Family.kernel(Complex64.self, construction)
      default: try Family.kernel(Complex128.self, construction)
      }
    }
  }

  @inlinable public static func complex<Family: ComplexKernelFamily>(
    _ family: Family.Type, attribute: String = "T"
  ) -> KernelTable {
    KernelTable(where: [attribute: .complex]) { construction in
      switch try construction.attributes.type(attribute).base {
      case .complex64: try Family.kernel(Complex64.self, construction)
      default: try Family.kernel(Complex128.self, construction)
      }
    }
  }

  @inlinable public static func trivial<Family: TrivialKernelFamily>(
    _ family: Family.Type, attribute: String = "T", over types: Set<DType> = .plain
  ) -> KernelTable {
    KernelTable(where: [attribute: types.intersection(.plain)]) { construction in
      switch try construction.attributes.type(attribute).base {
      case .float: try Family.kernel(Float.self, construction)
      case .double: try Family.kernel(Double.self, construction)
      case .half: try Family.kernel(Float16.self, construction)
      case .bfloat16: try Family.kernel(BFloat16.self, construction)
      case .int8: try Family.kernel(Int8.self, construction)
      case .int16: try Family.kernel(Int16.self, construction)
      case .int32: try Family.kernel(Int32.self, construction)
      case .int64: try Family.kernel(Int64.self, construction)
      case .uint8: try Family.kernel(UInt8.self, construction)
      case .uint16: try Family.kernel(UInt16.self, construction)
      case .uint32: try Family.kernel(UInt32.self, construction)
      case .uint64: try Family.kernel(UInt64.self, construction)
      case .complex64: try Family.kernel(Complex64.self, construction)
      case .complex128: try Family.kernel(Complex128.self, construction)
      case .bool: try Family.kernel(Bool.self, construction)
      case .qint8: try Family.kernel(QInt8.self, construction)
      case .quint8: try Family.kernel(QUInt8.self, construction)
      case .qint16: try Family.kernel(QInt16.self, construction)
      case .quint16: try Family.kernel(QUInt16.self, construction)
      default: try Family.kernel(QInt32.self, construction)
      }
    }
  }

  /// Trivial dtypes share kernels by element size where only bytes move; see `ByteMover`.
  @inlinable public static func all<Family: AnyKernelFamily>(
    _ family: Family.Type, attribute: String = "T", over types: Set<DType> = .everything
  ) -> KernelTable {
    KernelTable(where: [attribute: types]) { construction in
      switch try construction.attributes.type(attribute).base {
      case .float: try Family.kernel(Float.self, construction)
      case .double: try Family.kernel(Double.self, construction)
      case .half: try Family.kernel(Float16.self, construction)
      case .bfloat16: try Family.kernel(BFloat16.self, construction)
      case .int8: try Family.kernel(Int8.self, construction)
      case .int16: try Family.kernel(Int16.self, construction)
      case .int32: try Family.kernel(Int32.self, construction)
      case .int64: try Family.kernel(Int64.self, construction)
      case .uint8: try Family.kernel(UInt8.self, construction)
      case .uint16: try Family.kernel(UInt16.self, construction)
      case .uint32: try Family.kernel(UInt32.self, construction)
      case .uint64: try Family.kernel(UInt64.self, construction)
      case .complex64: try Family.kernel(Complex64.self, construction)
      case .complex128: try Family.kernel(Complex128.self, construction)
      case .bool: try Family.kernel(Bool.self, construction)
      case .qint8: try Family.kernel(QInt8.self, construction)
      case .quint8: try Family.kernel(QUInt8.self, construction)
      case .qint16: try Family.kernel(QInt16.self, construction)
      case .quint16: try Family.kernel(QUInt16.self, construction)
      case .qint32: try Family.kernel(QInt32.self, construction)
      case .string: try Family.kernel(ByteString.self, construction)
      case .resource: try Family.kernel(ResourceHandle.self, construction)
      case .variant: try Family.kernel(Variant.self, construction)
      case let other:
        throw StatusError.unimplemented("\(construction.op) has no kernel for \(other)")
      }
    }
  }
}

extension Set<DType> {
  /// Every dtype with plain elements that has a Swift type.
  public static let plain: Set<DType> = numeric.union(quantized).union([.bool])
  /// Every dtype that has a Swift type.
  public static let everything: Set<DType> = plain.union([.string, .resource, .variant])
}
