import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// An optimizer: the ops ``Apply``, ``ResourceApply``, ``SparseApply`` and ``ResourceSparseApply``
/// are made from it.
protocol UpdateRule: SendableMetatype {
  static var declaration: UpdateDeclaration { get }
}

/// An optimizer for complex dtypes too.
protocol NumericUpdateRule: UpdateRule {
  static func kernel<Scalar: UpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel
}

/// An optimizer that needs an order.
protocol RealUpdateRule: UpdateRule {
  static func kernel<Scalar: RealUpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel
}

extension KernelTable {
  static func updates<Rule: NumericUpdateRule>(_ rule: Rule.Type) -> KernelTable {
    KernelTable(where: ["T": Set<DType>.floating.union(Set<DType>.complex)]) { construction in
      switch try construction.attributes.type("T").base {
      case .float: try Rule.kernel(Float.self, construction)
      case .double: try Rule.kernel(Double.self, construction)
      case .half: try Rule.kernel(Float16.self, construction)
      case .bfloat16: try Rule.kernel(BFloat16.self, construction)
      case .complex64: try Rule.kernel(Complex64.self, construction)
      default: try Rule.kernel(Complex128.self, construction)
      }
    }
  }

  static func updates<Rule: RealUpdateRule>(
    _ rule: Rule.Type, over types: Set<DType> = .floating
  ) -> KernelTable {
    KernelTable(where: ["T": types]) { construction in
      switch try construction.attributes.type("T").base {
      case .float: try Rule.kernel(Float.self, construction)
      case .double: try Rule.kernel(Double.self, construction)
      case .half: try Rule.kernel(Float16.self, construction)
      default: try Rule.kernel(BFloat16.self, construction)
      }
    }
  }
}

/// Updates a reference variable with a dense gradient.
enum Apply<Rule: UpdateRule>: OpDeclaration {
  static var signature: OpSignature { Rule.declaration.dense }
  static var shapes: ShapeFunction { Rule.declaration.layout.shapes(isSparse: false) }
  static var gradient: GradientRule { .undefined }
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static var kernels: KernelTable { Rule.declaration.kernels }
}

/// Updates a resource variable with a dense gradient.
enum ResourceApply<Rule: UpdateRule>: OpDeclaration {
  static var signature: OpSignature { Rule.declaration.denseResource }
  static var shapes: ShapeFunction { Rule.declaration.layout.shapes(isSparse: false) }
  static var gradient: GradientRule { .undefined }
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static var kernels: KernelTable { Rule.declaration.kernels }
}

/// Updates some rows of a reference variable.
enum SparseApply<Rule: UpdateRule>: OpDeclaration {
  static var signature: OpSignature { Rule.declaration.sparse }
  static var shapes: ShapeFunction { Rule.declaration.layout.shapes(isSparse: true) }
  static var gradient: GradientRule { .undefined }
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static var kernels: KernelTable { Rule.declaration.kernels }
}

/// Updates some rows of a resource variable.
enum ResourceSparseApply<Rule: UpdateRule>: OpDeclaration {
  static var signature: OpSignature { Rule.declaration.sparseResource }
  static var shapes: ShapeFunction { Rule.declaration.layout.shapes(isSparse: true) }
  static var gradient: GradientRule { .undefined }
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static var kernels: KernelTable { Rule.declaration.kernels }
}

extension UpdateRule {
  /// All four ops.
  static var allOps: [any OpDefinition.Type] {
    denseOps + [SparseApply<Self>.self, ResourceSparseApply<Self>.self]
  }

  /// The ops with a dense gradient.
  static var denseOps: [any OpDefinition.Type] { [Apply<Self>.self, ResourceApply<Self>.self] }

  /// The ops on resource variables.
  static var resourceOps: [any OpDefinition.Type] {
    [ResourceApply<Self>.self, ResourceSparseApply<Self>.self]
  }
}
