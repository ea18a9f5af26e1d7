import LoomCore
import LoomGraph
import LoomKernels

extension KernelTable {
  /// One text for each text of input 0.
  static func mappingTexts(
    _ body: @escaping @Sendable (ByteString) throws(StatusError) -> ByteString
  ) -> KernelTable {
    closure { context in
      let input = try context.input(0)
      let texts = try input.span(of: ByteString.self)
      try context.makeOutput(0, of: ByteString.self, shape: input.shape) {
        output throws(StatusError) in
        for index in 0..<texts.count { output[index] = try body(texts[index]) }
      }
    }
  }

  /// One number for each text of input 0.
  static func mappingTexts<Scalar: TensorScalar>(
    to type: Scalar.Type, _ body: @escaping @Sendable (ByteString) throws(StatusError) -> Scalar
  ) -> KernelTable {
    KernelTable { _ in ClosureKernel { try $0.mapTexts(to: type, body) } }
  }
}

extension KernelContext {
  /// Sets output 0 to one value for each text of input 0.
  func mapTexts<Scalar: TensorScalar>(
    to type: Scalar.Type, _ body: (ByteString) throws(StatusError) -> Scalar
  ) throws(StatusError) {
    let input = try input(0)
    let texts = try input.span(of: ByteString.self)
    try makeOutput(0, of: Scalar.self, shape: input.shape) { output throws(StatusError) in
      for index in 0..<texts.count { output[index] = try body(texts[index]) }
    }
  }

  /// Output `index` as a vector.
  func setVector<Scalar: TensorScalar>(
    _ index: Int, _ values: [Scalar]
  ) throws(StatusError) {
    try makeOutput(index, of: Scalar.self, shape: Shape(vector: values.count)) {
      output throws(StatusError) in
      for place in 0..<values.count { output[place] = values[place] }
    }
  }

  /// Output `index` as a vector of int32 or int64.
  func setVector(_ index: Int, _ values: [Int], dtype: DType) throws(StatusError) {
    if dtype == .int64 {
      try setVector(index, values.map { Int64($0) })
    } else {
      try setVector(index, values.map { Int32(truncatingIfNeeded: $0) })
    }
  }

  /// The single text of scalar input `index`.
  func text(_ index: Int, named name: String) throws(StatusError) -> ByteString {
    let tensor = try input(index)
    guard tensor.shape.isScalar else {
      throw .invalidArgument("\(name) must be a scalar, got shape: \(tensor.shape)")
    }
    return try tensor.element(0, of: ByteString.self)
  }
}
