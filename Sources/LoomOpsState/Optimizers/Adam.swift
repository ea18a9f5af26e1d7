import LoomCore
import LoomKernels

/// Adam: moments `m` and `v` of the gradient, corrected for their start at zero (Kingma and Ba,
/// 2014); with Nesterov's look ahead on request.
enum AdamRule: NumericUpdateRule {
  static let declaration = UpdateDeclaration(
    "Adam", slots: ["m", "v"],
    inputs: ["beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon", "grad"],
    flag: "use_nesterov", kernels: .updates(AdamRule.self))

  static func kernel<Scalar: UpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(try UpdateKernel(AdamStep<Scalar>.self, declaration.layout, construction))
  }
}

struct AdamStep<Scalar: UpdateScalar>: OptimizerStep {
  static var slotCount: Int { 2 }
  static var cost: Double { 3 }
  let rate: Scalar
  let beta1: Scalar
  let beta2: Scalar
  let oneMinusBeta1: Scalar
  let oneMinusBeta2: Scalar
  let epsilon: Scalar
  let isNesterov: Bool

  init(_ parameters: UpdateParameters<Scalar>) {
    rate =
      parameters[2] * (Scalar.one - parameters[1]).squareRoot / (Scalar.one - parameters[0])
    beta1 = parameters[3]
    beta2 = parameters[4]
    oneMinusBeta1 = .one - parameters[3]
    oneMinusBeta2 = .one - parameters[4]
    epsilon = parameters[5]
    isNesterov = parameters.flag
  }

  var form: UpdateForm? {
    .adam(
      rate: Float(rate.doubleValue), beta1: Float(beta1.doubleValue),
      beta2: Float(beta2.doubleValue), epsilon: Float(epsilon.doubleValue), isNesterov: isNesterov)
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    slots.first += (gradient - slots.first) * oneMinusBeta1
    slots.second += (gradient.squared - slots.second) * oneMinusBeta2
    let direction =
      isNesterov ? gradient * oneMinusBeta1 + beta1 * slots.first : slots.first
    value -= direction * rate / (slots.second.squareRoot + epsilon)
  }
}

/// Adam that divides by the largest second moment so far (Reddi, Kale and Kumar, 2018).
enum AdamWithAmsgradRule: RealUpdateRule {
  static let declaration = UpdateDeclaration(
    "AdamWithAmsgrad", slots: ["m", "v", "vhat"],
    inputs: ["beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon", "grad"],
    kernels: .updates(AdamWithAmsgradRule.self))

  static func kernel<Scalar: RealUpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(
      try UpdateKernel(AdamWithAmsgradStep<Scalar>.self, declaration.layout, construction))
  }
}

struct AdamWithAmsgradStep<Scalar: RealUpdateScalar>: OptimizerStep {
  static var slotCount: Int { 3 }
  static var cost: Double { 3 }
  let rate: Scalar
  let oneMinusBeta1: Scalar
  let oneMinusBeta2: Scalar
  let epsilon: Scalar

  init(_ parameters: UpdateParameters<Scalar>) {
    rate =
      parameters[2] * (Scalar.one - parameters[1]).squareRoot / (Scalar.one - parameters[0])
    oneMinusBeta1 = .one - parameters[3]
    oneMinusBeta2 = .one - parameters[4]
    epsilon = parameters[5]
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    slots.first += (gradient - slots.first) * oneMinusBeta1
    slots.second += (gradient.squared - slots.second) * oneMinusBeta2
    slots.third = slots.third.clamped(below: slots.second)
    value -= slots.first * rate / (slots.third.squareRoot + epsilon)
  }
}

/// Adam with the infinity norm in place of the second moment (Kingma and Ba, 2014, section 7.1).
enum AdaMaxRule: RealUpdateRule {
  static let declaration = UpdateDeclaration(
    "AdaMax", slots: ["m", "v"],
    inputs: ["beta1_power", "lr", "beta1", "beta2", "epsilon", "grad"],
    kernels: .updates(AdaMaxRule.self, over: [.half, .float, .double]))

  static func kernel<Scalar: RealUpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(try UpdateKernel(AdaMaxStep<Scalar>.self, declaration.layout, construction))
  }
}

struct AdaMaxStep<Scalar: RealUpdateScalar>: OptimizerStep {
  static var slotCount: Int { 2 }
  static var cost: Double { 2 }
  let rate: Scalar
  let oneMinusBeta1: Scalar
  let beta2: Scalar
  let epsilon: Scalar

  init(_ parameters: UpdateParameters<Scalar>) {
    rate = parameters[1] / (Scalar.one - parameters[0])
    oneMinusBeta1 = .one - parameters[2]
    beta2 = parameters[3]
    epsilon = parameters[4]
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    slots.first += (gradient - slots.first) * oneMinusBeta1
    slots.second = (beta2 * slots.second).clamped(below: gradient.magnitude)
    value -= rate * (slots.first / (slots.second + epsilon))
  }
}
