import LoomCore
import LoomKernels

/// Steps that grow where gradient and momentum agree in sign: `var -= lr (alpha + sign_decay · s) grad`
/// with `s = sign(grad) · sign(m)` (Bello and others, "Neural Optimizer Search", 2017).
enum AddSignRule: RealUpdateRule {
  static let declaration = UpdateDeclaration(
    "AddSign", slots: ["m"], inputs: ["lr", "alpha", "sign_decay", "beta", "grad"],
    kernels: .updates(AddSignRule.self))

  static func kernel<Scalar: RealUpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(try UpdateKernel(AddSignStep<Scalar>.self, declaration.layout, construction))
  }
}

struct AddSignStep<Scalar: RealUpdateScalar>: OptimizerStep {
  static var slotCount: Int { 1 }
  let rate: Scalar
  let alpha: Scalar
  let signDecay: Scalar
  let beta: Scalar

  init(_ parameters: UpdateParameters<Scalar>) {
    rate = parameters[0]
    alpha = parameters[1]
    signDecay = parameters[2]
    beta = parameters[3]
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    slots.first = slots.first * beta + gradient * (Scalar.one - beta)
    let agreement = gradient.sign * slots.first.sign
    value -= rate * (alpha + signDecay * agreement) * gradient
  }
}

/// ``AddSignRule`` with a power: `var -= lr · exp(logbase · sign_decay · s) · grad`.
enum PowerSignRule: RealUpdateRule {
  static let declaration = UpdateDeclaration(
    "PowerSign", slots: ["m"], inputs: ["lr", "logbase", "sign_decay", "beta", "grad"],
    kernels: .updates(PowerSignRule.self))

  static func kernel<Scalar: RealUpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(try UpdateKernel(PowerSignStep<Scalar>.self, declaration.layout, construction))
  }
}

struct PowerSignStep<Scalar: RealUpdateScalar>: OptimizerStep {
  static var slotCount: Int { 1 }
  static var cost: Double { 8 }
  let rate: Scalar
  let exponent: Scalar
  let beta: Scalar

  init(_ parameters: UpdateParameters<Scalar>) {
    rate = parameters[0]
    exponent = parameters[1] * parameters[2]
    beta = parameters[3]
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    slots.first = slots.first * beta + gradient * (Scalar.one - beta)
    let agreement = gradient.sign * slots.first.sign
    value -= rate * (exponent * agreement).exponential * gradient
  }
}
