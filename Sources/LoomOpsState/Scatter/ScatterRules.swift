import LoomCore
import LoomGraph
import LoomKernels

/// Replaces what stands there; of equal indices the last wins.
enum ScatterReplace: ScatterRule {
  static let name = "Update"
  static let types = "type"
  static let ndTypes = "type"
  static let resourceTypes = "type"
  static let locksByDefault = true
  static let gradient = GradientRule.undefined
  static let ndGradient = GradientRule.notDifferentiable(because: "it changes a variable")
  static let kernels = KernelTable { try ScatterUpdateKernel($0, places: .rows) }
  static let resourceKernels = kernels
  static let ndKernels = KernelTable { try ScatterUpdateKernel($0, places: .slices) }
}

enum ScatterSum: ScatterRule, NumericScatter {
  static let name = "Add"
  static let kernels = KernelTable.numeric(ScatterSum.self)
  static let resourceKernels = KernelTable.numeric(ScatterSum.self, attribute: "dtype")
  static let ndKernels = KernelTable.numeric(NumericSlices<ScatterSum>.self)
    .or(.scatterBooleans(BooleanSum.self))

  @inline(__always)
  static func apply<Scalar: NumericScalar>(_ current: Scalar, _ update: Scalar) -> Scalar {
    Scalar.wrappingAdd(current, update)
  }
}

enum ScatterDifference: ScatterRule, NumericScatter {
  static let name = "Sub"
  static let kernels = KernelTable.numeric(ScatterDifference.self)
  static let resourceKernels = KernelTable.numeric(ScatterDifference.self, attribute: "dtype")
  static let ndKernels = KernelTable.numeric(NumericSlices<ScatterDifference>.self)
    .or(.scatterBooleans(BooleanDifference.self))

  @inline(__always)
  static func apply<Scalar: NumericScalar>(_ current: Scalar, _ update: Scalar) -> Scalar {
    Scalar.wrappingSubtract(current, update)
  }
}

enum ScatterProduct: ScatterRule, NumericScatter {
  static let name = "Mul"
  static let kernels = KernelTable.numeric(ScatterProduct.self)
  static let resourceKernels = KernelTable.numeric(ScatterProduct.self, attribute: "dtype")
  static let ndKernels = KernelTable.none

  @inline(__always)
  static func apply<Scalar: NumericScalar>(_ current: Scalar, _ update: Scalar) -> Scalar {
    Scalar.wrappingMultiply(current, update)
  }
}

enum ScatterQuotient: ScatterRule, NumericScatter {
  static let name = "Div"
  static let kernels = KernelTable.numeric(ScatterQuotient.self)
  static let resourceKernels = KernelTable.numeric(ScatterQuotient.self, attribute: "dtype")
  static let ndKernels = KernelTable.none

  @inline(__always)
  static func apply<Scalar: NumericScalar>(_ current: Scalar, _ update: Scalar) -> Scalar {
    Scalar.quotient(current, update)
  }

  static func check<Scalar: NumericScalar>(
    _ updates: AnyTensor, _ type: Scalar.Type
  ) throws(StatusError) {
    guard Scalar.dtype.isInteger else { return }
    let values = try updates.span(of: Scalar.self)
    for index in values.indices where values[index] == .zero {
      throw .invalidArgument("updates must not contain 0")
    }
  }
}

enum ScatterMinimum: ScatterRule, RealScatter {
  static let name = "Min"
  static let types = "{half, bfloat16, float, double, int32, int64}"
  static let gradient = GradientRule.undefined
  static let kernels = KernelTable.real(ScatterMinimum.self)
  static let resourceKernels = KernelTable.real(ScatterMinimum.self, attribute: "dtype")
  static let ndKernels = KernelTable.real(RealSlices<ScatterMinimum>.self)

  @inline(__always)
  static func apply<Scalar: RealScalar>(_ current: Scalar, _ update: Scalar) -> Scalar {
    update < current ? update : current
  }
}

enum ScatterMaximum: ScatterRule, RealScatter {
  static let name = "Max"
  static let types = "{half, bfloat16, float, double, int32, int64}"
  static let gradient = GradientRule.undefined
  static let kernels = KernelTable.real(ScatterMaximum.self)
  static let resourceKernels = KernelTable.real(ScatterMaximum.self, attribute: "dtype")
  static let ndKernels = KernelTable.real(RealSlices<ScatterMaximum>.self)

  @inline(__always)
  static func apply<Scalar: RealScalar>(_ current: Scalar, _ update: Scalar) -> Scalar {
    current < update ? update : current
  }
}

// MARK: Kernels by dtype

/// Rules on numbers; the family itself makes the kernels for rows.
protocol NumericScatter: NumericKernelFamily {
  static func apply<Scalar: NumericScalar>(_ current: Scalar, _ update: Scalar) -> Scalar
  static func check<Scalar: NumericScalar>(
    _ updates: AnyTensor, _ type: Scalar.Type) throws(StatusError)
}

extension NumericScatter {
  static func check<Scalar: NumericScalar>(
    _ updates: AnyTensor, _ type: Scalar.Type
  ) throws(StatusError) {}

  static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(
      ScatterKernel<NumericScatterBody<Self, Scalar>>(construction, places: .rows) {
        try check($0, Scalar.self)
      })
  }
}

enum NumericScatterBody<Rule: NumericScatter, Scalar: NumericScalar>: ScatterBody {
  @inline(__always) static func apply(_ current: Scalar, _ update: Scalar) -> Scalar {
    Rule.apply(current, update)
  }
}

/// The kernels of a rule for slices.
enum NumericSlices<Rule: NumericScatter>: NumericKernelFamily {
  static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(
      ScatterKernel<NumericScatterBody<Rule, Scalar>>(construction, places: .slices) { _ in })
  }
}

/// Rules that need an order.
protocol RealScatter: RealKernelFamily {
  static func apply<Scalar: RealScalar>(_ current: Scalar, _ update: Scalar) -> Scalar
}

extension RealScatter {
  static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(
      ScatterKernel<RealScatterBody<Self, Scalar>>(construction, places: .rows) { _ in })
  }
}

enum RealScatterBody<Rule: RealScatter, Scalar: RealScalar>: ScatterBody {
  @inline(__always) static func apply(_ current: Scalar, _ update: Scalar) -> Scalar {
    Rule.apply(current, update)
  }
}

enum RealSlices<Rule: RealScatter>: RealKernelFamily {
  static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(
      ScatterKernel<RealScatterBody<Rule, Scalar>>(construction, places: .slices) { _ in })
  }
}

/// C++ adds booleans as integers: any sum but zero is true.
enum BooleanSum: ScatterBody {
  static func apply(_ current: Bool, _ update: Bool) -> Bool { current || update }
}

enum BooleanDifference: ScatterBody {
  static func apply(_ current: Bool, _ update: Bool) -> Bool { current != update }
}

extension KernelTable {
  static func scatterBooleans<Body: ScatterBody>(_ body: Body.Type) -> KernelTable {
    KernelTable(where: ["T": [.bool]]) {
      try specialized(ScatterKernel<Body>($0, places: .slices) { _ in })
    }
  }
}
