public import LoomCore

/// Products of matrices.
public enum Gemm {
  /// Computes `c = a · b` for each product of the batch.
  ///
  /// Zeros where `k == 0`. NaN and infinity take part in every product they meet (`0 · NaN` is NaN).
  /// half and bfloat16 are summed in Float and rounded once; integers wrap. How work is shared between
  /// threads does not change a result.
  ///
  /// - Parameters:
  ///   - a: Left matrices, as `shape` lays them out.
  ///   - b: Right matrices.
  ///   - c: Room for `count · m · n` elements, uninitialised, overlapping no operand.
  ///   - shape: Sizes, which the caller has checked against the buffers.
  ///   - pool: Shares products above some tens of microseconds.
  /// - Throws: ``StatusError/Code/resourceExhausted`` if there is no memory to work in,
  ///   ``StatusError/Code/unimplemented`` for element types TensorFlow does not multiply.
  @unsafe public static func multiply<Scalar: NumericScalar>(
    _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, into c: UnsafeMutablePointer<Scalar>,
    _ shape: GemmShape, pool: WorkerPool
  ) throws(StatusError) {
    if shape.count == 0 || shape.m == 0 || shape.n == 0 { return }
    let operands = unsafe Operands(a: a, b: b, c: c, shape: shape, pool: pool)
    // One case per type, so that each loop is compiled for its type: unspecialised it would be a
    // hundred times slower.
    switch Scalar.dtype {
    case .float: try unsafe multiplyBlocked(operands.of(Float.self))
    case .double: try unsafe multiplyBlocked(operands.of(Double.self))
    case .half: try unsafe multiplyThroughFloat(operands.of(Float16.self))
    case .bfloat16: try unsafe multiplyThroughFloat(operands.of(BFloat16.self))
    case .int8: try unsafe multiplyPlainly(operands.of(Int8.self))
    case .int16: try unsafe multiplyPlainly(operands.of(Int16.self))
    case .int32: try unsafe multiplyPlainly(operands.of(Int32.self))
    case .int64: try unsafe multiplyPlainly(operands.of(Int64.self))
    case .uint8: try unsafe multiplyPlainly(operands.of(UInt8.self))
    case .uint16: try unsafe multiplyPlainly(operands.of(UInt16.self))
    case .uint32: try unsafe multiplyPlainly(operands.of(UInt32.self))
    case .uint64: try unsafe multiplyPlainly(operands.of(UInt64.self))
    case .complex64: try unsafe multiplyPlainly(operands.of(Complex64.self))
    case .complex128: try unsafe multiplyPlainly(operands.of(Complex128.self))
    default: throw .unimplemented("Expected a numeric element type, got \(Scalar.dtype)")
    }
  }

  /// What the implementations below share.
  @unsafe struct Operands<Scalar> {
    let a: UnsafePointer<Scalar>
    let b: UnsafePointer<Scalar>
    let c: UnsafeMutablePointer<Scalar>
    let shape: GemmShape
    let pool: WorkerPool

    /// The same memory under the name of its type, which the caller has found to be `Other`.
    func of<Other>(_ type: Other.Type) -> Operands<Other> {
      unsafe Operands<Other>(
        a: UnsafeRawPointer(a).assumingMemoryBound(to: Other.self),
        b: UnsafeRawPointer(b).assumingMemoryBound(to: Other.self),
        c: UnsafeMutableRawPointer(c).assumingMemoryBound(to: Other.self), shape: shape, pool: pool)
    }

    /// The operands of one product of the batch.
    func product(
      _ index: Int
    ) -> (UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>) {
      let offsets = unsafe shape.offsets(index)
      return unsafe (a + offsets.a, b + offsets.b, c + index &* shape.m &* shape.n)
    }
  }
}
