import CLoomVector
public import LoomCore

/// Row functions of Float matrices that only wide vectors make fast.
public enum FloatRows {
  /// `exp(x - max x) / Σ exp(x - max x)` for each row of `columns` elements. `y` may be `x`.
  public static func softmax(
    _ x: AnyTensor, into y: AnyTensor, columns: Int, workers: WorkerPool
  ) throws(StatusError) {
    try unsafe forEachRow(x, y, columns, workers) { source, target in
      unsafe loom_softmax_f32(source, target, columns)
    }
  }

  /// `x - max x - log Σ exp(x - max x)` for each row of `columns` elements. `y` may be `x`.
  public static func logSoftmax(
    _ x: AnyTensor, into y: AnyTensor, columns: Int, workers: WorkerPool
  ) throws(StatusError) {
    try unsafe forEachRow(x, y, columns, workers) { source, target in
      unsafe loom_log_softmax_f32(source, target, columns)
    }
  }

  private static func forEachRow(
    _ x: AnyTensor, _ y: AnyTensor, _ columns: Int, _ workers: WorkerPool,
    _ body: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) throws(StatusError) {
    guard columns > 0, x.elementCount == y.elementCount, x.elementCount % columns == 0 else {
      guard x.elementCount == 0 else {
        throw .internal("Rows of \(columns) elements do not divide a tensor of \(x.shape)")
      }
      return
    }
    let source = unsafe try x.pointer(of: Float.self)
    let target = unsafe try y.writablePointer(of: Float.self)
    // Rows are disjoint and cover both tensors exactly.
    workers.parallelFor(
      count: x.elementCount / columns, costPerItem: 20 + Double(columns)
    ) { range in
      for row in range { unsafe body(source + row &* columns, target + row &* columns) }
    }
  }
}
