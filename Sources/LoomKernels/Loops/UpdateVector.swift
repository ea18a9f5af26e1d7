import CLoomVector

/// The vector code behind ``UpdateForm``.
@usableFromInline enum UpdateVector {
  /// - Precondition: all but the slots that the form does not have hold `count` Floats; the gradient
  ///   does not overlap the others.
  @unsafe @usableFromInline static func run(
    _ form: UpdateForm, _ value: UnsafeMutableRawPointer, _ first: UnsafeMutableRawPointer,
    _ second: UnsafeMutableRawPointer, _ gradient: UnsafeRawPointer, _ count: Int
  ) {
    let x = unsafe value.assumingMemoryBound(to: Float.self)
    let a = unsafe first.assumingMemoryBound(to: Float.self)
    let b = unsafe second.assumingMemoryBound(to: Float.self)
    let g = unsafe gradient.assumingMemoryBound(to: Float.self)
    switch form {
    case .gradientDescent(let rate):
      unsafe loom_gradient_descent_f32(x, g, rate, count)
    case .momentum(let rate, let momentum, let isNesterov):
      unsafe loom_momentum_f32(x, a, g, rate, momentum, isNesterov, count)
    case .adam(let rate, let beta1, let beta2, let epsilon, let isNesterov):
      unsafe loom_adam_f32(x, a, b, g, rate, beta1, beta2, epsilon, isNesterov, count)
    }
  }
}
