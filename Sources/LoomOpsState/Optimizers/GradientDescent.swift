import LoomCore
import LoomKernels

/// `var -= alpha · delta`.
enum GradientDescentRule: NumericUpdateRule {
  static let declaration = UpdateDeclaration(
    "GradientDescent", inputs: ["alpha", "delta"], kernels: .updates(GradientDescentRule.self))

  static func kernel<Scalar: UpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(
      try UpdateKernel(GradientDescentStep<Scalar>.self, declaration.layout, construction))
  }
}

struct GradientDescentStep<Scalar: UpdateScalar>: OptimizerStep {
  static var slotCount: Int { 0 }
  let rate: Scalar

  init(_ parameters: UpdateParameters<Scalar>) { rate = parameters[0] }

  var form: UpdateForm? { .gradientDescent(rate: Float(rate.doubleValue)) }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    value -= gradient * rate
  }
}

/// Gradient descent, then a step towards zero for the penalties `l1` and `l2` (Duchi and Singer,
/// "Efficient Learning using Forward-Backward Splitting", 2009).
enum ProximalGradientDescentRule: RealUpdateRule {
  static let declaration = UpdateDeclaration(
    "ProximalGradientDescent", inputs: ["alpha", "l1", "l2", "delta"], sparseGradient: "grad",
    kernels: .updates(ProximalGradientDescentRule.self, over: [.float, .double]))

  static func kernel<Scalar: RealUpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(
      try UpdateKernel(ProximalGradientDescentStep<Scalar>.self, declaration.layout, construction))
  }
}

struct ProximalGradientDescentStep<Scalar: RealUpdateScalar>: OptimizerStep {
  static var slotCount: Int { 0 }
  let rate: Scalar
  let shrinkage: Shrinkage<Scalar>

  init(_ parameters: UpdateParameters<Scalar>) {
    rate = parameters[0]
    shrinkage = Shrinkage(l1: parameters[1], l2: parameters[2])
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    value = shrinkage.apply(value - gradient * rate, rate: rate)
  }
}

/// The proximal operator of `l1 · |x| + l2 / 2 · x²`.
struct Shrinkage<Scalar: RealUpdateScalar>: Sendable {
  let l1: Scalar
  let l2: Scalar

  @inline(__always) func apply(_ x: Scalar, rate: Scalar) -> Scalar {
    let scale = Scalar.one + l2 * rate
    guard l1 > .zero else { return x / scale }
    return x.sign * (x.magnitude - rate * l1).clamped(below: .zero) / scale
  }
}
