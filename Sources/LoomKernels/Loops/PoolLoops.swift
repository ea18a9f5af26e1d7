public import LoomCore

/// Pools over channels-last images and volumes of every ordered dtype.
///
/// Of the geometry `inputChannels` and `outputChannels` are the channels. The caller has checked all
/// tensors against it, so every offset is inside.
public enum PoolLoops {
  /// The largest element of each window. NaN is passed over, as in TensorFlow.
  public static func maximum(
    _ x: AnyTensor, into y: AnyTensor, _ geometry: ConvolutionGeometry, workers: WorkerPool
  ) throws(StatusError) {
    if x.dtype == .float {
      return try unsafe FloatWindows.maximum(
        x.pointer(of: Float.self), into: y.writablePointer(of: Float.self), geometry, workers)
    }
    try x.dtype.visitReal(Maximum(x: x, y: y, geometry: geometry, workers: workers))
  }

  /// The largest element of each window, and the position of the first such: `argmax` holds offsets
  /// within the image, or within the batch if `includesBatch`. An int32 or int64 tensor.
  public static func maximum(
    _ x: AnyTensor, into y: AnyTensor, argmax: AnyTensor, includesBatch: Bool,
    _ geometry: ConvolutionGeometry, workers: WorkerPool
  ) throws(StatusError) {
    try x.dtype.visitReal(
      MaximumPosition(
        x: x, y: y, argmax: argmax, includesBatch: includesBatch, geometry: geometry,
        workers: workers))
  }

  /// Adds each element of `upstream` to where its window of `x` has its first largest element.
  public static func maximumGradient(
    _ x: AnyTensor, _ upstream: AnyTensor, into dx: AnyTensor, _ geometry: ConvolutionGeometry,
    workers: WorkerPool
  ) throws(StatusError) {
    if x.dtype == .float {
      return try unsafe FloatWindows.maximumGradient(
        x.pointer(of: Float.self), upstream.pointer(of: Float.self),
        into: dx.writablePointer(of: Float.self), geometry, workers)
    }
    try x.dtype.visitReal(
      MaximumGradient(x: x, upstream: upstream, dx: dx, geometry: geometry, workers: workers))
  }

  /// Adds each element of `upstream` to every element of its window of `x` that equals `y`.
  public static func maximumGradientToAll(
    _ x: AnyTensor, _ y: AnyTensor, _ upstream: AnyTensor, into dx: AnyTensor,
    _ geometry: ConvolutionGeometry, workers: WorkerPool
  ) throws(StatusError) {
    try x.dtype.visitReal(
      MaximumGradientToAll(
        x: x, y: y, upstream: upstream, dx: dx, geometry: geometry, workers: workers))
  }

  /// For each window of `x` the element of `upstream` at the first position that holds `y`.
  public static func maximumSecondGradient(
    _ x: AnyTensor, _ y: AnyTensor, _ upstream: AnyTensor, into dy: AnyTensor,
    _ geometry: ConvolutionGeometry, workers: WorkerPool
  ) throws(StatusError) {
    try x.dtype.visitReal(
      MaximumSecondGradient(
        x: x, y: y, upstream: upstream, dy: dy, geometry: geometry, workers: workers))
  }

  /// The mean of those elements of each window that lie inside the image.
  public static func mean(
    _ x: AnyTensor, into y: AnyTensor, _ geometry: ConvolutionGeometry, workers: WorkerPool
  ) throws(StatusError) {
    switch x.dtype {
    case .float:
      try unsafe FloatWindows.mean(
        x.pointer(of: Float.self), into: y.writablePointer(of: Float.self), geometry, workers)
    case .double: try mean(x, y, geometry, workers, of: Double.self)
    default:
      let wide = try AnyTensor.uninitialized(dtype: .float, shape: y.shape)
      try mean(Widening.float(x), into: wide, geometry, workers: workers)
      try Widening.narrow(wide, into: y)
    }
  }

  /// Spreads each element of `upstream` evenly over its window.
  public static func meanGradient(
    _ upstream: AnyTensor, into dx: AnyTensor, _ geometry: ConvolutionGeometry,
    workers: WorkerPool
  ) throws(StatusError) {
    switch dx.dtype {
    case .float:
      try unsafe FloatWindows.meanGradient(
        upstream.pointer(of: Float.self), into: dx.writablePointer(of: Float.self), geometry,
        workers)
    case .double: try meanGradient(upstream, dx, geometry, workers, of: Double.self)
    default:
      let wide = try AnyTensor.uninitialized(dtype: .float, shape: dx.shape)
      try meanGradient(Widening.float(upstream), into: wide, geometry, workers: workers)
      try Widening.narrow(wide, into: dx)
    }
  }

  private static func mean<Value: BinaryFloatingPoint & TensorScalar>(
    _ x: AnyTensor, _ y: AnyTensor, _ geometry: ConvolutionGeometry, _ workers: WorkerPool,
    of type: Value.Type
  ) throws(StatusError) {
    let source = unsafe try x.pointer(of: Value.self)
    let target = unsafe try y.writablePointer(of: Value.self)
    let channels = geometry.inputChannels
    workers.parallelFor(
      count: geometry.batch &* geometry.outputPositions, costPerItem: geometry.windowCost
    ) { range in
      for item in range {
        let (image, position) = (item / geometry.outputPositions, item % geometry.outputPositions)
        let pixels = unsafe source + image &* geometry.inputPositions &* channels
        let result = unsafe target + item &* channels
        for channel in 0..<channels { unsafe result[channel] = 0 }
        var count = 0
        geometry.forEachTap(position) { _, input in
          count &+= 1
          let pixel = unsafe pixels + input &* channels
          for channel in 0..<channels { unsafe result[channel] += pixel[channel] }
        }
        let divisor = Value(count)
        for channel in 0..<channels { unsafe result[channel] /= divisor }
      }
    }
  }

  private static func meanGradient<Value: BinaryFloatingPoint & TensorScalar>(
    _ upstream: AnyTensor, _ dx: AnyTensor, _ geometry: ConvolutionGeometry,
    _ workers: WorkerPool, of type: Value.Type
  ) throws(StatusError) {
    let gradients = unsafe try upstream.pointer(of: Value.self)
    let target = unsafe try dx.writablePointer(of: Value.self)
    let channels = geometry.inputChannels
    workers.parallelFor(count: geometry.batch, costPerItem: geometry.imageCost) { range in
      for image in range {
        let size = geometry.inputPositions &* channels
        let pixels = unsafe target + image &* size
        for index in 0..<size { unsafe pixels[index] = 0 }
        for position in 0..<geometry.outputPositions {
          let item = image &* geometry.outputPositions &+ position
          let row = unsafe gradients + item &* channels
          var count = 0
          geometry.forEachTap(position) { _, _ in count &+= 1 }
          if count == 0 { continue }
          let share = 1 / Value(count)
          geometry.forEachTap(position) { _, input in
            let pixel = unsafe pixels + input &* channels
            for channel in 0..<channels { unsafe pixel[channel] += row[channel] * share }
          }
        }
      }
    }
  }
}

extension ConvolutionGeometry {
  /// Nanoseconds that one window may take.
  fileprivate var windowCost: Double { 10 + Double(taps) * (2 + Double(inputChannels) * 0.3) }
  fileprivate var imageCost: Double { Double(outputPositions) * windowCost * 2 }
}

private struct Maximum: RealVisitor {
  let x: AnyTensor
  let y: AnyTensor
  let geometry: ConvolutionGeometry
  let workers: WorkerPool

  func visit<Scalar: RealScalar>(_ type: Scalar.Type) throws(StatusError) {
    let source = unsafe try x.pointer(of: Scalar.self)
    let target = unsafe try y.writablePointer(of: Scalar.self)
    let geometry = geometry
    let channels = geometry.inputChannels
    let lowest = Scalar.lowestFinite
    workers.parallelFor(
      count: geometry.batch &* geometry.outputPositions, costPerItem: geometry.windowCost
    ) { range in
      for item in range {
        let (image, position) = (item / geometry.outputPositions, item % geometry.outputPositions)
        let pixels = unsafe source + image &* geometry.inputPositions &* channels
        let result = unsafe target + item &* channels
        for channel in 0..<channels { unsafe result[channel] = lowest }
        geometry.forEachTap(position) { _, input in
          let pixel = unsafe pixels + input &* channels
          for channel in 0..<channels {
            let value = unsafe pixel[channel]
            unsafe result[channel] = value > result[channel] ? value : result[channel]
          }
        }
      }
    }
  }
}

private struct MaximumPosition: RealVisitor {
  let x: AnyTensor
  let y: AnyTensor
  let argmax: AnyTensor
  let includesBatch: Bool
  let geometry: ConvolutionGeometry
  let workers: WorkerPool

  func visit<Scalar: RealScalar>(_ type: Scalar.Type) throws(StatusError) {
    if argmax.dtype == .int32 {
      try visit(type, index: Int32.self)
    } else {
      try visit(type, index: Int64.self)
    }
  }

  private func visit<Scalar: RealScalar, Index: IntegerScalar>(
    _ type: Scalar.Type, index: Index.Type
  ) throws(StatusError) {
    let source = unsafe try x.pointer(of: Scalar.self)
    let target = unsafe try y.writablePointer(of: Scalar.self)
    let positions = unsafe try argmax.writablePointer(of: Index.self)
    let (geometry, includesBatch) = (geometry, includesBatch)
    let channels = geometry.inputChannels
    workers.parallelFor(
      count: geometry.batch &* geometry.outputPositions, costPerItem: geometry.windowCost * 2
    ) { range in
      for item in range {
        let (image, position) = (item / geometry.outputPositions, item % geometry.outputPositions)
        let start = image &* geometry.inputPositions &* channels
        let pixels = unsafe source + start
        let result = unsafe target + item &* channels
        let found = unsafe positions + item &* channels
        for channel in 0..<channels {
          unsafe result[channel] = Scalar.lowestFinite
          unsafe found[channel] = -1 as Index
        }
        geometry.forEachTap(position) { _, input in
          for channel in 0..<channels {
            let offset = input &* channels &+ channel
            let value = unsafe pixels[offset]
            // The first element counts even where it is NaN, and then nothing is larger.
            if unsafe found[channel] < 0 || value > result[channel] {
              unsafe result[channel] = value
              unsafe found[channel] = Index(
                truncatingIfNeeded: includesBatch ? start &+ offset : offset)
            }
          }
        }
      }
    }
  }
}

private struct MaximumGradient: RealVisitor {
  let x: AnyTensor
  let upstream: AnyTensor
  let dx: AnyTensor
  let geometry: ConvolutionGeometry
  let workers: WorkerPool

  func visit<Scalar: RealScalar>(_ type: Scalar.Type) throws(StatusError) {
    let source = unsafe try x.pointer(of: Scalar.self)
    let gradients = unsafe try upstream.pointer(of: Scalar.self)
    let target = unsafe try dx.writablePointer(of: Scalar.self)
    let geometry = geometry
    let channels = geometry.inputChannels
    workers.parallelFor(count: geometry.batch, costPerItem: geometry.imageCost) { range in
      var largest = [Scalar](repeating: .zero, count: channels)
      var found = [Int](repeating: -1, count: channels)
      for image in range {
        let size = geometry.inputPositions &* channels
        let pixels = unsafe source + image &* size
        let result = unsafe target + image &* size
        for index in 0..<size { unsafe result[index] = .zero }
        for position in 0..<geometry.outputPositions {
          for channel in 0..<channels { found[channel] = -1 }
          geometry.forEachTap(position) { _, input in
            for channel in 0..<channels {
              let offset = input &* channels &+ channel
              let value = unsafe pixels[offset]
              if found[channel] < 0 || value > largest[channel] {
                largest[channel] = value
                found[channel] = offset
              }
            }
          }
          let item = image &* geometry.outputPositions &+ position
          let row = unsafe gradients + item &* channels
          for channel in 0..<channels where found[channel] >= 0 {
            let offset = found[channel]
            unsafe result[offset] = Scalar.wrappingAdd(result[offset], row[channel])
          }
        }
      }
    }
  }
}

private struct MaximumGradientToAll: RealVisitor {
  let x: AnyTensor
  let y: AnyTensor
  let upstream: AnyTensor
  let dx: AnyTensor
  let geometry: ConvolutionGeometry
  let workers: WorkerPool

  func visit<Scalar: RealScalar>(_ type: Scalar.Type) throws(StatusError) {
    let source = unsafe try x.pointer(of: Scalar.self)
    let maxima = unsafe try y.pointer(of: Scalar.self)
    let gradients = unsafe try upstream.pointer(of: Scalar.self)
    let target = unsafe try dx.writablePointer(of: Scalar.self)
    let geometry = geometry
    let channels = geometry.inputChannels
    workers.parallelFor(count: geometry.batch, costPerItem: geometry.imageCost) { range in
      for image in range {
        let size = geometry.inputPositions &* channels
        let pixels = unsafe source + image &* size
        let result = unsafe target + image &* size
        for index in 0..<size { unsafe result[index] = .zero }
        for position in 0..<geometry.outputPositions {
          let item = image &* geometry.outputPositions &+ position
          let row = unsafe gradients + item &* channels
          let wanted = unsafe maxima + item &* channels
          geometry.forEachTap(position) { _, input in
            for channel in 0..<channels {
              let offset = input &* channels &+ channel
              if unsafe pixels[offset] == wanted[channel] {
                unsafe result[offset] = Scalar.wrappingAdd(result[offset], row[channel])
              }
            }
          }
        }
      }
    }
  }
}

private struct MaximumSecondGradient: RealVisitor {
  let x: AnyTensor
  let y: AnyTensor
  let upstream: AnyTensor
  let dy: AnyTensor
  let geometry: ConvolutionGeometry
  let workers: WorkerPool

  func visit<Scalar: RealScalar>(_ type: Scalar.Type) throws(StatusError) {
    let source = unsafe try x.pointer(of: Scalar.self)
    let maxima = unsafe try y.pointer(of: Scalar.self)
    let gradients = unsafe try upstream.pointer(of: Scalar.self)
    let target = unsafe try dy.writablePointer(of: Scalar.self)
    let geometry = geometry
    let channels = geometry.inputChannels
    workers.parallelFor(
      count: geometry.batch &* geometry.outputPositions, costPerItem: geometry.windowCost * 2
    ) { range in
      var found = [Bool](repeating: false, count: channels)
      for item in range {
        let (image, position) = (item / geometry.outputPositions, item % geometry.outputPositions)
        let start = image &* geometry.inputPositions &* channels
        let result = unsafe target + item &* channels
        let wanted = unsafe maxima + item &* channels
        for channel in 0..<channels {
          found[channel] = false
          unsafe result[channel] = .zero
        }
        geometry.forEachTap(position) { _, input in
          for channel in 0..<channels where !found[channel] {
            let offset = start &+ input &* channels &+ channel
            if unsafe source[offset] == wanted[channel] {
              found[channel] = true
              unsafe result[channel] = gradients[offset]
            }
          }
        }
      }
    }
  }
}
