public import LoomCore

/// How a scattered update changes one element.
public protocol ScatterBody: SendableMetatype {
  associatedtype Scalar: TensorScalar
  static func apply(_ current: Scalar, _ update: Scalar) -> Scalar
}

/// Changes runs of a tensor that belongs to the caller alone.
public enum ScatterLoop<Body: ScatterBody> {
  /// Combines run `i` of `updates` with the run of `target` at `offsets[i]`, in order; with
  /// `repeating`, `updates` is one element. Negative offsets are skipped.
  ///
  /// - Throws: ``StatusError/Code/internal`` if a run lies outside: the caller checks them.
  @inlinable public static func run(
    _ target: AnyTensor, offsets: [Int], length: Int, updates: AnyTensor, repeating: Bool
  ) throws(StatusError) {
    guard length > 0 else { return }
    let last = target.elementCount - length
    guard offsets.allSatisfy({ $0 <= last }),
      repeating ? updates.elementCount == 1 : updates.elementCount == offsets.count &* length
    else { throw .internal("A scattered update lies outside of its tensor") }
    let output = unsafe try target.writablePointer(of: Body.Scalar.self)
    let source = unsafe try updates.pointer(of: Body.Scalar.self)
    for (position, offset) in offsets.enumerated() where offset >= 0 {
      let run = unsafe output + offset
      if repeating {
        let update = unsafe source[0]
        for index in 0..<length { unsafe run[index] = Body.apply(run[index], update) }
      } else {
        let row = unsafe source + position &* length
        for index in 0..<length { unsafe run[index] = Body.apply(run[index], row[index]) }
      }
    }
  }

  /// Combines all elements of two tensors of one size.
  @inlinable public static func all(
    _ target: AnyTensor, updates: AnyTensor, workers: WorkerPool
  ) throws(StatusError) {
    guard target.elementCount == updates.elementCount else {
      throw .internal("An update of \(updates.elementCount) elements does not fit its tensor")
    }
    let output = unsafe try target.writablePointer(of: Body.Scalar.self)
    let source = unsafe try updates.pointer(of: Body.Scalar.self)
    workers.parallelFor(count: target.elementCount, costPerItem: 0.5) { range in
      for index in range { unsafe output[index] = Body.apply(output[index], source[index]) }
    }
  }
}
