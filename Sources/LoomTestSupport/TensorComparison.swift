package import LoomCore

/// Says how two tensors differ; `nil` if they agree.
///
/// Dtype and shape must be equal. Floating and complex elements agree if
/// `|actual - expected| <= atol + rtol * |expected|`, or both are NaN, or the same infinity; everything
/// else must be equal.
package func difference(
  _ actual: AnyTensor, _ expected: AnyTensor, rtol: Double, atol: Double
) -> String? {
  guard actual.dtype == expected.dtype else {
    return "dtype \(actual.dtype), expected \(expected.dtype)"
  }
  guard actual.shape == expected.shape else {
    return "shape \(actual.shape), expected \(expected.shape)"
  }
  do throws(StatusError) {
    switch actual.dtype {
    case .float, .double, .half, .bfloat16:
      return mismatch(try actual.doubles(), try expected.doubles(), rtol, atol)
    case .complex64, .complex128:
      return mismatch(try actual.doubles(), try expected.doubles(), rtol, atol)
    case .string:
      let left = try actual.scalars(of: ByteString.self)
      let right = try expected.scalars(of: ByteString.self)
      for (index, pair) in zip(left, right).enumerated() where pair.0 != pair.1 {
        return "element \(index): \"\(pair.0)\", expected \"\(pair.1)\""
      }
      return nil
    case .resource, .variant: return nil
    default:
      return actual == expected
        ? nil : "elements differ: \(try actual.preview()), expected \(try expected.preview())"
    }
  } catch {
    return "can't be read: \(error)"
  }
}

private func mismatch(
  _ actual: [Double], _ expected: [Double], _ rtol: Double, _ atol: Double
) -> String? {
  var worst = 0.0
  var position = -1
  var count = 0
  for index in actual.indices {
    let a = actual[index]
    let e = expected[index]
    if a == e || (a.isNaN && e.isNaN) { continue }
    let error = (a - e).magnitude
    if error <= atol + rtol * e.magnitude { continue }
    count += 1
    if position < 0 || error > worst || error.isNaN {
      worst = error
      position = index
    }
  }
  guard position >= 0 else { return nil }
  return "\(count) of \(actual.count) elements differ, most at \(position): \(actual[position]), "
    + "expected \(expected[position])"
}

extension AnyTensor {
  /// Elements of a floating or complex tensor as doubles; complex numbers give two each.
  package func doubles() throws(StatusError) -> [Double] {
    switch dtype {
    case .float: try scalars(of: Float.self).map(Double.init)
    case .double: try scalars(of: Double.self)
    case .half: try scalars(of: Float16.self).map { Double($0) }
    case .bfloat16: try scalars(of: BFloat16.self).map(\.doubleValue)
    case .complex64:
      try scalars(of: Complex64.self).flatMap { [Double($0.real), Double($0.imaginary)] }
    case .complex128: try scalars(of: Complex128.self).flatMap { [$0.real, $0.imaginary] }
    default: try integers().map(Double.init)
    }
  }

  func preview() throws(StatusError) -> String {
    if dtype == .bool { return "\(try scalars(of: Bool.self).prefix(16))" }
    if dtype.isInteger { return "\(try integers().prefix(16))" }
    return "\(elementCount) elements"
  }
}
