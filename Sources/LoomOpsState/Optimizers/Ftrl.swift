import LoomCore
import LoomKernels

/// Follow the regularised leader (McMahan and others, "Ad Click Prediction", 2013).
enum FtrlRule: RealUpdateRule {
  static let declaration = UpdateDeclaration(
    "Ftrl", slots: ["accum", "linear"], inputs: ["grad", "lr", "l1", "l2", "lr_power"],
    flag: "multiply_linear_by_lr", kernels: .updates(FtrlRule.self))

  static func kernel<Scalar: RealUpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(try UpdateKernel(FtrlStep<Scalar>.self, declaration.layout, construction))
  }
}

struct FtrlStep<Scalar: RealUpdateScalar>: OptimizerStep {
  static var slotCount: Int { 2 }
  static var cost: Double { 5 }
  let leader: RegularizedLeader<Scalar>

  init(_ parameters: UpdateParameters<Scalar>) {
    leader = RegularizedLeader(
      rate: parameters[0], l1: parameters[1], l2: parameters[2], power: parameters[3],
      multipliesLinear: parameters.flag)
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    leader.apply(&value, &slots, gradient, shrunk: gradient)
  }
}

/// ``FtrlRule`` with a further penalty on the size of the variable, `l2_shrinkage`.
enum FtrlV2Rule: RealUpdateRule {
  static let declaration = UpdateDeclaration(
    "FtrlV2", slots: ["accum", "linear"],
    inputs: ["grad", "lr", "l1", "l2", "l2_shrinkage", "lr_power"],
    flag: "multiply_linear_by_lr", kernels: .updates(FtrlV2Rule.self))

  static func kernel<Scalar: RealUpdateScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(try UpdateKernel(FtrlV2Step<Scalar>.self, declaration.layout, construction))
  }
}

struct FtrlV2Step<Scalar: RealUpdateScalar>: OptimizerStep {
  static var slotCount: Int { 2 }
  static var cost: Double { 5 }
  let leader: RegularizedLeader<Scalar>
  let shrinkage: Scalar

  init(_ parameters: UpdateParameters<Scalar>) {
    leader = RegularizedLeader(
      rate: parameters[0], l1: parameters[1], l2: parameters[2], power: parameters[4],
      multipliesLinear: parameters.flag)
    shrinkage = (Scalar.one + Scalar.one) * parameters[3]
  }

  @inline(__always)
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar) {
    leader.apply(&value, &slots, gradient, shrunk: gradient + shrinkage * value)
  }
}

/// One step of the regularised leader: `accum` sums squares of gradients, `linear` the gradients less
/// what the growing step size accounts for, and the variable follows from both.
struct RegularizedLeader<Scalar: RealUpdateScalar>: Sendable {
  let rate: Scalar
  let l1: Scalar
  let l2: Scalar
  let power: Scalar
  /// Keeps `linear` multiplied by the rate, which may then become zero.
  let multipliesLinear: Bool
  let isSquareRoot: Bool

  init(rate: Scalar, l1: Scalar, l2: Scalar, power: Scalar, multipliesLinear: Bool) {
    self.rate = rate
    self.l1 = multipliesLinear ? l1 * rate : l1
    self.l2 = (Scalar.one + Scalar.one) * l2 * (multipliesLinear ? rate : .one)
    self.power = -power
    self.multipliesLinear = multipliesLinear
    isSquareRoot = power.doubleValue == -0.5
  }

  @inline(__always) func raised(_ x: Scalar) -> Scalar {
    isSquareRoot ? x.squareRoot : x.raised(to: power)
  }

  @inline(__always) func apply(
    _ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar,
    shrunk: Scalar
  ) {
    let sum = slots.first + gradient.squared
    let growth = raised(sum)
    if multipliesLinear {
      slots.second += shrunk * rate - (growth - raised(slots.first)) * value
    } else {
      slots.second += shrunk - (growth - raised(slots.first)) / rate * value
    }
    let linear = slots.second
    let quadratic = (multipliesLinear ? growth : growth / rate) + l2
    value = linear.magnitude > l1 ? (l1 * linear.sign - linear) / quadratic : .zero
    slots.first = sum
  }
}
