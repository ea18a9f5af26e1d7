import LoomCore
import LoomKernels

/// `accum = momentum · accum + grad; var -= lr · accum`, or with Nesterov's look ahead
/// `var -= lr · grad + lr · momentum · accum`.
enum MomentumRule: NumericUpdateRule {
  static let declaration = UpdateDeclaration(
    "Momentum", slots: ["accum"], inputs: ["lr", "grad", "momentum"], flag: "use_nesterov",
    kernels: .updates(MomentumRule.self))

  static func kernel<Scalar: UpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(try UpdateKernel(MomentumStep<Scalar>.self, declaration.layout, construction))
  }
}

struct MomentumStep<Scalar: UpdateScalar>: OptimizerStep {
  static var slotCount: Int { 1 }
  let rate: Scalar
  let momentum: Scalar
  let isNesterov: Bool

  init(_ parameters: UpdateParameters<Scalar>) {
    rate = parameters[0]
    momentum = parameters[1]
    isNesterov = parameters.flag
  }

  var form: UpdateForm? {
    .momentum(
      rate: Float(rate.doubleValue), momentum: Float(momentum.doubleValue), isNesterov: isNesterov)
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    slots.first = slots.first * momentum + gradient
    value -=
      isNesterov ? gradient * rate + slots.first * momentum * rate : slots.first * rate
  }
}

/// Momentum as Keras writes it: `accum = momentum · accum - lr · grad; var += accum`, or with
/// Nesterov's look ahead `var += momentum · accum - lr · grad`.
enum KerasMomentumRule: NumericUpdateRule {
  static let declaration = UpdateDeclaration(
    "KerasMomentum", slots: ["accum"], inputs: ["lr", "grad", "momentum"], flag: "use_nesterov",
    kernels: .updates(KerasMomentumRule.self))

  static func kernel<Scalar: UpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(try UpdateKernel(KerasMomentumStep<Scalar>.self, declaration.layout, construction))
  }
}

struct KerasMomentumStep<Scalar: UpdateScalar>: OptimizerStep {
  static var slotCount: Int { 1 }
  let rate: Scalar
  let momentum: Scalar
  let isNesterov: Bool

  init(_ parameters: UpdateParameters<Scalar>) {
    rate = parameters[0]
    momentum = parameters[1]
    isNesterov = parameters.flag
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    slots.first = slots.first * momentum - gradient * rate
    value += isNesterov ? slots.first * momentum - gradient * rate : slots.first
  }
}
