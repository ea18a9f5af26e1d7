public import LoomCore

/// What an optimizer does to one element of a variable and of the variable's slots.
public protocol UpdateStep: Sendable {
  associatedtype Scalar: TrivialScalar
  /// Slots the optimizer keeps per element; at most three.
  static var slotCount: Int { get }
  /// Nanoseconds per element on one core.
  static var cost: Double { get }
  func apply(_ value: inout Scalar, _ slots: inout UpdateSlots<Scalar>, _ gradient: Scalar)
  /// The step as one of those that have vector code; counts for Float only.
  var form: UpdateForm? { get }
}

extension UpdateStep {
  @inlinable public static var cost: Double { 1 }
  @inlinable public var form: UpdateForm? { nil }
}

/// Updates of Float variables that vector code knows.
public enum UpdateForm: Sendable {
  case gradientDescent(rate: Float)
  case momentum(rate: Float, momentum: Float, isNesterov: Bool)
  case adam(rate: Float, beta1: Float, beta2: Float, epsilon: Float, isNesterov: Bool)
}

/// The elements of an optimizer's slots that belong to one element of the variable.
public struct UpdateSlots<Scalar: TrivialScalar> {
  public var first: Scalar
  public var second: Scalar
  public var third: Scalar

  @inlinable public init(_ first: Scalar, _ second: Scalar, _ third: Scalar) {
    self.first = first
    self.second = second
    self.third = third
  }
}

/// Runs an ``UpdateStep`` over a variable and its slots: one pass, in place.
@safe public struct UpdateLoop<Step: UpdateStep> {
  @usableFromInline let step: Step
  // Each holds `count` elements and belongs to this update alone; slots the step does not have
  // point at the variable and are never touched.
  @usableFromInline let value: UnsafeMutablePointer<Step.Scalar>
  @usableFromInline let first: UnsafeMutablePointer<Step.Scalar>
  @usableFromInline let second: UnsafeMutablePointer<Step.Scalar>
  @usableFromInline let third: UnsafeMutablePointer<Step.Scalar>
  @usableFromInline let count: Int
  @usableFromInline let form: UpdateForm?

  /// - Precondition: none; tensors that do not fit each other are refused.
  @inlinable init(_ step: Step, _ tensors: [AnyTensor]) throws(StatusError) {
    guard let tensor = tensors.first, tensors.count == Step.slotCount + 1,
      tensors.allSatisfy({ $0.shape == tensor.shape })
    else { throw .internal("An optimizer's slots do not fit its variable") }
    self.step = step
    form = Step.Scalar.dtype == .float ? step.form : nil
    unsafe value = try tensor.writablePointer(of: Step.Scalar.self)
    count = tensor.elementCount
    unsafe first =
      Step.slotCount > 0 ? try tensors[1].writablePointer(of: Step.Scalar.self) : value
    unsafe second =
      Step.slotCount > 1 ? try tensors[2].writablePointer(of: Step.Scalar.self) : value
    unsafe third =
      Step.slotCount > 2 ? try tensors[3].writablePointer(of: Step.Scalar.self) : value
  }

  /// Updates `length` elements from `offset` with the gradient that begins at `gradient`.
  @unsafe @inlinable @inline(__always)
  func run(_ offset: Int, _ gradient: UnsafePointer<Step.Scalar>, _ length: Int) {
    if let form {
      // The scalar is Float where there is a form.
      unsafe UpdateVector.run(
        form, value + offset, first + offset, second + offset, gradient, length)
      return
    }
    for index in 0..<length {
      let place = offset &+ index
      var x = unsafe value[place]
      var slots = unsafe UpdateSlots(
        Step.slotCount > 0 ? first[place] : x, Step.slotCount > 1 ? second[place] : x,
        Step.slotCount > 2 ? third[place] : x)
      step.apply(&x, &slots, unsafe gradient[index])
      unsafe value[place] = x
      if Step.slotCount > 0 { unsafe first[place] = slots.first }
      if Step.slotCount > 1 { unsafe second[place] = slots.second }
      if Step.slotCount > 2 { unsafe third[place] = slots.third }
    }
  }

  /// Updates every element.
  ///
  /// - Throws: ``StatusError/Code/internal`` if dtypes or sizes do not fit: the caller checks them.
  @inlinable public static func dense(
    _ step: Step, _ tensors: [AnyTensor], gradient: AnyTensor, workers: WorkerPool
  ) throws(StatusError) {
    let loop = try UpdateLoop(step, tensors)
    guard gradient.elementCount == loop.count else {
      throw .internal("The gradient has \(gradient.elementCount) elements, not \(loop.count)")
    }
    let source = unsafe try gradient.pointer(of: Step.Scalar.self)
    workers.parallelFor(count: loop.count, costPerItem: Step.cost) { range in
      unsafe loop.run(range.lowerBound, source + range.lowerBound, range.count)
    }
  }

  /// Updates row `rows[i]` with row `i` of the gradient, in order; a row may come several times.
  ///
  /// - Throws: ``StatusError/Code/internal`` if rows lie outside: the caller checks them.
  @inlinable public static func sparse(
    _ step: Step, _ tensors: [AnyTensor], gradient: AnyTensor, rows: [Int]
  ) throws(StatusError) {
    let loop = try UpdateLoop(step, tensors)
    guard let rowCount = tensors.first?.shape[0], rowCount > 0 else { return }
    let length = loop.count / rowCount
    guard gradient.elementCount == rows.count &* length,
      rows.allSatisfy({ $0 >= 0 && $0 < rowCount })
    else { throw .internal("The gradient's rows do not fit the variable") }
    let source = unsafe try gradient.pointer(of: Step.Scalar.self)
    for (position, row) in rows.enumerated() {
      unsafe loop.run(row &* length, source + position &* length, length)
    }
  }
}
