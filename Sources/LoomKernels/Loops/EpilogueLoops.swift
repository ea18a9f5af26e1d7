import CLoomVector
public import LoomCore

/// Epilogues of fused kernels, as passes of their own.
public enum EpilogueLoops {
  /// `y = activation(y + offset)` along the last dimension of a Float tensor.
  ///
  /// - Parameter epilogue: Without factor and operand; its offset has an element per channel.
  public static func finish(
    _ y: AnyTensor, _ epilogue: FusedEpilogue, workers: WorkerPool
  ) throws(StatusError) {
    let target = unsafe try y.writablePointer(of: Float.self)
    let (low, high) = epilogue.activation.bounds
    let channels = y.shape[y.shape.rank &- 1]
    guard let offset = epilogue.offset, offset.count == channels else {
      return unsafe loom_offset_cut_f32(target, nil, low, high, target, y.elementCount)
    }
    if channels == 0 { return }
    unsafe offset.withUnsafeBufferPointer { offset in
      workers.parallelFor(
        count: y.elementCount / channels, costPerItem: 5 + 0.1 * Double(channels)
      ) { rows in
        // Rows lie inside the tensor.
        for row in rows {
          let start = unsafe target + row &* channels
          unsafe loom_offset_cut_f32(start, offset.baseAddress, low, high, start, channels)
        }
      }
    }
  }

  /// `activation(a + b)` with broadcasting, in fresh memory: for operands that turn out not to have the
  /// shape that fusion counted on.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the shapes do not broadcast.
  public static func add(
    _ a: AnyTensor, _ b: AnyTensor, _ activation: ConvolutionEpilogue.Activation,
    budget: MemoryBudget, workers: WorkerPool
  ) throws(StatusError) -> AnyTensor {
    let plan = try Broadcast(a.shape, b.shape)
    let sum = try AnyTensor.uninitialized(dtype: .float, shape: plan.result, budget: budget)
    let left = unsafe try a.pointer(of: Float.self)
    let right = unsafe try b.pointer(of: Float.self)
    let target = unsafe try sum.writablePointer(of: Float.self)
    let (stepA, stepB) = (plan.rowWalksA ? 1 : 0, plan.rowWalksB ? 1 : 0)
    // Blocks lie inside the result and walk operands only along dimensions they have.
    plan.share(workers, costPerElement: 1) { block in
      for row in 0..<block.rowCount {
        let (startA, startB) = (block.a &+ row &* block.pitchA, block.b &+ row &* block.pitchB)
        let start = block.target &+ row &* plan.rowLength
        for index in 0..<block.length {
          let value = unsafe left[startA &+ index &* stepA] + right[startB &+ index &* stepB]
          unsafe target[start &+ index] = activation.apply(value)
        }
      }
    }
    return sum
  }
}

extension ConvolutionEpilogue.Activation {
  @inline(__always) func apply(_ x: Float) -> Float {
    switch self {
    case .none: x
    case .relu: x < 0 ? 0 : x
    case .relu6: x < 0 ? 0 : x > 6 ? 6 : x
    }
  }

  /// The least and the largest value it lets through.
  var bounds: (low: Float, high: Float) {
    switch self {
    case .none: (-.infinity, .infinity)
    case .relu: (0, .infinity)
    case .relu6: (0, 6)
    }
  }
}
