import LoomCore
import LoomKernels

/// `accum += grad²; var -= lr · grad / √accum` (Duchi, Hazan and Singer, 2011).
enum AdagradRule: NumericUpdateRule {
  static let declaration = UpdateDeclaration(
    "Adagrad", slots: ["accum"], inputs: ["lr", "grad"], flag: "update_slots", defaultFlag: true,
    kernels: .updates(AdagradRule.self))

  static func kernel<Scalar: UpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(try UpdateKernel(AdagradStep<Scalar>.self, declaration.layout, construction))
  }
}

struct AdagradStep<Scalar: UpdateScalar>: OptimizerStep {
  static var slotCount: Int { 1 }
  static var cost: Double { 2 }
  let rate: Scalar
  let updatesSlots: Bool

  init(_ parameters: UpdateParameters<Scalar>) {
    rate = parameters[0]
    updatesSlots = parameters.flag
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    if updatesSlots { slots.first += gradient.squared }
    value -= gradient * rate * slots.first.reciprocalSquareRoot
  }
}

/// `accum += grad²; var -= lr · grad / (√accum + epsilon)`.
enum AdagradV2Rule: NumericUpdateRule {
  static let declaration = UpdateDeclaration(
    "AdagradV2", slots: ["accum"], inputs: ["lr", "epsilon", "grad"], flag: "update_slots",
    defaultFlag: true, kernels: .updates(AdagradV2Rule.self))

  static func kernel<Scalar: UpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(try UpdateKernel(AdagradV2Step<Scalar>.self, declaration.layout, construction))
  }
}

struct AdagradV2Step<Scalar: UpdateScalar>: OptimizerStep {
  static var slotCount: Int { 1 }
  static var cost: Double { 2 }
  let rate: Scalar
  let epsilon: Scalar
  let updatesSlots: Bool

  init(_ parameters: UpdateParameters<Scalar>) {
    rate = parameters[0]
    epsilon = parameters[1]
    updatesSlots = parameters.flag
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    if updatesSlots { slots.first += gradient.squared }
    value -= gradient * rate / (slots.first.squareRoot + epsilon)
  }
}

/// ``AdagradRule``, then a step towards zero for the penalties `l1` and `l2`.
enum ProximalAdagradRule: RealUpdateRule {
  static let declaration = UpdateDeclaration(
    "ProximalAdagrad", slots: ["accum"], inputs: ["lr", "l1", "l2", "grad"],
    kernels: .updates(ProximalAdagradRule.self, over: [.float, .double]))

  static func kernel<Scalar: RealUpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(
      try UpdateKernel(ProximalAdagradStep<Scalar>.self, declaration.layout, construction))
  }
}

struct ProximalAdagradStep<Scalar: RealUpdateScalar>: OptimizerStep {
  static var slotCount: Int { 1 }
  static var cost: Double { 3 }
  let rate: Scalar
  let shrinkage: Shrinkage<Scalar>

  init(_ parameters: UpdateParameters<Scalar>) {
    rate = parameters[0]
    shrinkage = Shrinkage(l1: parameters[1], l2: parameters[2])
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    slots.first += gradient.squared
    let rate = rate * slots.first.reciprocalSquareRoot
    value = shrinkage.apply(value - gradient * rate, rate: rate)
  }
}

/// Adagrad with dual averaging: the variable follows from sums over all gradients (Xiao, 2010).
enum AdagradDARule: RealUpdateRule {
  static let declaration = UpdateDeclaration(
    "AdagradDA", slots: ["gradient_accumulator", "gradient_squared_accumulator"],
    inputs: ["grad", "lr", "l1", "l2", "global_step"],
    kernels: .updates(AdagradDARule.self, over: [.float, .double]))

  static func kernel<Scalar: RealUpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(try UpdateKernel(AdagradDAStep<Scalar>.self, declaration.layout, construction))
  }
}

struct AdagradDAStep<Scalar: RealUpdateScalar>: OptimizerStep {
  static var slotCount: Int { 2 }
  static var cost: Double { 3 }
  let rate: Scalar
  let l1: Scalar
  let threshold: Scalar
  let ridge: Scalar

  init(_ parameters: UpdateParameters<Scalar>) {
    rate = parameters[0]
    l1 = parameters[1]
    threshold = parameters[1] * parameters[3]
    ridge = parameters[2] * (parameters[3] * parameters[0])
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    slots.first += gradient
    slots.second += gradient.squared
    let sum = slots.first
    let shrunk =
      l1 > .zero ? sum.sign * (sum.magnitude - threshold).clamped(below: .zero) : sum
    value = -rate * shrunk / (ridge + slots.second.squareRoot)
  }
}
