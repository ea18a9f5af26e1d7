internal import LoomCore

/// Float copies of half and bfloat16 elements in scratch memory, whatever the generic type in hand.
enum FloatCopies {
  /// Lends `body` a Float copy of `count` half or bfloat16 elements.
  static func with<Scalar: FloatingScalar>(
    _ source: UnsafePointer<Scalar>, _ count: Int, for use: ThreadScratch.Use,
    _ body: (UnsafePointer<Float>) throws(StatusError) -> Void
  ) throws(StatusError) {
    try unsafe ThreadScratch.with(count, of: Float.self, for: use) { (wide) throws(StatusError) in
      unsafe widen(source, to: wide, count: count)
      try unsafe body(wide)
    }
  }

  /// Lends `body` Float memory for a result, which is then rounded into `target`.
  ///
  /// - Parameter readsFirst: Whether `body` finds the old elements of `target` there.
  static func with<Scalar: FloatingScalar>(
    result target: UnsafeMutablePointer<Scalar>, _ count: Int, readsFirst: Bool = false,
    _ body: (UnsafeMutablePointer<Float>) throws(StatusError) -> Void
  ) throws(StatusError) {
    try unsafe ThreadScratch.with(count, of: Float.self, for: .result) {
      (wide) throws(StatusError) in
      if readsFirst { unsafe widen(target, to: wide, count: count) }
      try unsafe body(wide)
      if let half = unsafe cast(target, to: Float16.self) {
        unsafe Float16.narrow(wide, half, count)
      } else if let brain = unsafe cast(target, to: BFloat16.self) {
        unsafe BFloat16.narrow(wide, brain, count)
      }
    }
  }

  private static func widen<Scalar: FloatingScalar>(
    _ source: UnsafePointer<Scalar>, to wide: UnsafeMutablePointer<Float>, count: Int
  ) {
    if let half = unsafe cast(source, to: Float16.self) {
      unsafe Float16.widen(half, wide, count)
    } else if let brain = unsafe cast(source, to: BFloat16.self) {
      unsafe BFloat16.widen(brain, wide, count)
    }
  }

  // MARK: Generic pointers under the name of their type

  static func cast<From, To>(
    _ pointer: UnsafePointer<From>?, to type: To.Type
  ) -> UnsafePointer<To>? {
    guard From.self == To.self, let pointer = unsafe pointer else { return nil }
    return unsafe UnsafeRawPointer(pointer).assumingMemoryBound(to: To.self)
  }

  static func cast<From, To>(
    _ pointer: UnsafeMutablePointer<From>, to type: To.Type
  ) -> UnsafeMutablePointer<To>? {
    guard From.self == To.self else { return nil }
    return unsafe UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: To.self)
  }

  static func cast<From, To>(
    _ pointers: (UnsafePointer<From>, UnsafePointer<From>, UnsafeMutablePointer<From>),
    to type: To.Type
  ) -> (UnsafePointer<To>, UnsafePointer<To>, UnsafeMutablePointer<To>)? {
    guard let first = unsafe cast(pointers.0, to: To.self),
      let second = unsafe cast(pointers.1, to: To.self),
      let third = unsafe cast(pointers.2, to: To.self)
    else { return nil }
    return unsafe (first, second, third)
  }
}
