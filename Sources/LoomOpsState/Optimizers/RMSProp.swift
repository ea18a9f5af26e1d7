import LoomCore
import LoomKernels

/// `ms += (1 - rho)(grad² - ms); mom = momentum · mom + lr · grad / √(ms + epsilon); var -= mom`.
enum RMSPropRule: NumericUpdateRule {
  static let declaration = UpdateDeclaration(
    "RMSProp", slots: ["ms", "mom"], inputs: ["lr", "rho", "momentum", "epsilon", "grad"],
    kernels: .updates(RMSPropRule.self))

  static func kernel<Scalar: UpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(try UpdateKernel(RMSPropStep<Scalar>.self, declaration.layout, construction))
  }
}

struct RMSPropStep<Scalar: UpdateScalar>: OptimizerStep {
  static var slotCount: Int { 2 }
  static var cost: Double { 3 }
  let rate: Scalar
  let oneMinusRho: Scalar
  let momentum: Scalar
  let epsilon: Scalar

  init(_ parameters: UpdateParameters<Scalar>) {
    rate = parameters[0]
    oneMinusRho = .one - parameters[1]
    momentum = parameters[2]
    epsilon = parameters[3]
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    slots.first += (gradient.squared - slots.first) * oneMinusRho
    slots.second =
      slots.second * momentum + gradient * rate / (slots.first + epsilon).squareRoot
    value -= slots.second
  }
}

/// ``RMSPropRule`` with the variance of the gradient in place of its mean square.
enum CenteredRMSPropRule: NumericUpdateRule {
  static let declaration = UpdateDeclaration(
    "CenteredRMSProp", slots: ["mg", "ms", "mom"],
    inputs: ["lr", "rho", "momentum", "epsilon", "grad"],
    kernels: .updates(CenteredRMSPropRule.self))

  static func kernel<Scalar: UpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(
      try UpdateKernel(CenteredRMSPropStep<Scalar>.self, declaration.layout, construction))
  }
}

struct CenteredRMSPropStep<Scalar: UpdateScalar>: OptimizerStep {
  static var slotCount: Int { 3 }
  static var cost: Double { 4 }
  let rate: Scalar
  let oneMinusRho: Scalar
  let momentum: Scalar
  let epsilon: Scalar

  init(_ parameters: UpdateParameters<Scalar>) {
    rate = parameters[0]
    oneMinusRho = .one - parameters[1]
    momentum = parameters[2]
    epsilon = parameters[3]
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    slots.second += (gradient.squared - slots.second) * oneMinusRho
    slots.first += (gradient - slots.first) * oneMinusRho
    let variance = slots.second - slots.first.squared + epsilon
    slots.third = slots.third * momentum + gradient * rate / variance.squareRoot
    value -= slots.third
  }
}

/// Steps scaled by the ratio of past steps to past gradients (Zeiler, 2012).
enum AdadeltaRule: NumericUpdateRule {
  static let declaration = UpdateDeclaration(
    "Adadelta", slots: ["accum", "accum_update"], inputs: ["lr", "rho", "epsilon", "grad"],
    kernels: .updates(AdadeltaRule.self))

  static func kernel<Scalar: UpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(try UpdateKernel(AdadeltaStep<Scalar>.self, declaration.layout, construction))
  }
}

struct AdadeltaStep<Scalar: UpdateScalar>: OptimizerStep {
  static var slotCount: Int { 2 }
  static var cost: Double { 4 }
  let rate: Scalar
  let rho: Scalar
  let oneMinusRho: Scalar
  let epsilon: Scalar

  init(_ parameters: UpdateParameters<Scalar>) {
    rate = parameters[0]
    rho = parameters[1]
    oneMinusRho = .one - parameters[1]
    epsilon = parameters[2]
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    slots.first = slots.first * rho + gradient.squared * oneMinusRho
    let update =
      (slots.second + epsilon).squareRoot * (slots.first + epsilon).reciprocalSquareRoot * gradient
    value -= update * rate
    slots.second = slots.second * rho + update.squared * oneMinusRho
  }
}
