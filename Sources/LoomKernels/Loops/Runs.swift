public import LoomCore

/// Moves whole slices of tensors: plain dtypes as bytes, others element by element.
public enum Runs {
  /// Copies the slices `positions` of `source` along the axis of `view` into `target`, whose axis has
  /// `positions.count` elements and whose other dimensions are those of `view`.
  ///
  /// - Throws: ``StatusError/Code/internal`` if a position lies outside of the axis or the sizes do not
  ///   fit.
  public static func gather(
    _ source: AnyTensor, _ view: AxisView, positions: [Int], into target: AnyTensor
  ) throws(StatusError) {
    for position in positions where position < 0 || position >= view.length {
      throw .internal("Slice \(position) is outside of an axis of \(view.length)")
    }
    let slice = view.inner
    guard source.elementCount == view.outer &* view.length &* slice,
      target.elementCount == view.outer &* positions.count &* slice,
      source.dtype == target.dtype
    else {
      throw .internal("Cannot gather slices of \(source.shape) into \(target.shape)")
    }
    if target.elementCount == 0 { return }
    switch source.dtype {
    case .string: try copy(source, view, positions, target, ByteString.self)
    case .resource: try copy(source, view, positions, target, ResourceHandle.self)
    case .variant: try copy(source, view, positions, target, Variant.self)
    default:
      let size = source.dtype.byteSize ?? 1
      let bytes = Shape(vector: source.elementCount &* size)
      let targetBytes = Shape(vector: target.elementCount &* size)
      let from = try source.bitcast(to: .uint8, shape: bytes)
      let to = try target.bitcast(to: .uint8, shape: targetBytes)
      let x = unsafe try from.pointer(of: UInt8.self)
      let y = unsafe try to.writablePointer(of: UInt8.self)
      let run = slice &* size
      for outer in 0..<view.outer {
        for (index, position) in positions.enumerated() {
          unsafe (y + (outer &* positions.count &+ index) &* run).update(
            from: x + (outer &* view.length &+ position) &* run, count: run)
        }
      }
    }
  }

  private static func copy<Scalar: TensorScalar>(
    _ source: AnyTensor, _ view: AxisView, _ positions: [Int], _ target: AnyTensor,
    _ type: Scalar.Type
  ) throws(StatusError) {
    let x = unsafe try source.pointer(of: Scalar.self)
    let y = unsafe try target.writablePointer(of: Scalar.self)
    let slice = view.inner
    for outer in 0..<view.outer {
      for (index, position) in positions.enumerated() {
        unsafe (y + (outer &* positions.count &+ index) &* slice).update(
          from: x + (outer &* view.length &+ position) &* slice, count: slice)
      }
    }
  }
}
