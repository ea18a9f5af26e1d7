import LoomCore
import LoomKernels

extension AnyTensor {
  /// Row `index` of the first dimension as a tensor of its own. Memory is shared: a row costs no copy.
  ///
  /// - Parameter shape: That of a row.
  func row(_ index: Int, shape: Shape) throws(StatusError) -> AnyTensor {
    guard index >= 0, index < self.shape[0], let size = dtype.byteSize else {
      return try rows(index..<index + 1).reshaped(to: shape)
    }
    // Inside the tensor, whose byte count was checked.
    let offset = byteOffset &+ index &* shape.elementCount &* size
    return try AnyTensor(dtype: dtype, shape: shape, buffer: buffer, byteOffset: offset)
  }

  /// The shape of one row.
  var rowShape: Shape {
    get throws(StatusError) { try Shape(shape.sizes.dropFirst()) }
  }
}

/// What a list of tensors that an op makes may have.
enum ListLimit {
  /// Elements made at once. Rows of no elements cost nothing, so that a small tensor has any number of them.
  static let count = 1 << 24

  /// - Throws: ``StatusError/Code/resourceExhausted`` for more elements than can be listed.
  static func check(_ count: Int) throws(StatusError) {
    guard count <= Self.count else {
      throw .resourceExhausted("OOM when allocating a list of \(count) tensors")
    }
  }
}

extension Shape {
  /// This shape behind a first dimension.
  func prefixed(by size: Int) throws(StatusError) -> Shape {
    var sizes = self.sizes
    sizes.insert(size, at: 0)
    return try Shape(sizes)
  }
}

extension KernelContext {
  /// Fills output `index` with tensors one after the other; zeros stand for `nil`.
  ///
  /// - Parameter length: Elements of what stands for the tensor at a position.
  func join(
    _ index: Int, _ dtype: DType, _ shape: Shape, count: Int,
    length: (Int) -> Int, tensor: (Int) -> AnyTensor?
  ) throws(StatusError) {
    let output = try allocate(index, dtype: dtype, shape: shape)
    let mover = ByteMover(into: output)
    guard shape.elementCount > 0 else { return }
    var zero: AnyTensor?
    var position = 0
    for place in 0..<count {
      let size = length(place)
      if let part = tensor(place) {
        try mover.copy(part, to: position, count: size)
      } else if size > 0 {
        let filler: AnyTensor
        if let zero { filler = zero } else { filler = try .zeros(dtype: dtype, shape: .scalar) }
        zero = filler
        try mover.fill(filler, to: position, count: size)
      }
      // The sum stays within the shape's element count, which the mover checks.
      position &+= size
    }
  }
}
