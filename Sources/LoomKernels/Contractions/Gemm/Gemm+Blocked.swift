internal import CLoomVector
internal import LoomCore

#if OneDNN
  internal import COneDNN
#endif

/// A type with optimised products of its own.
protocol BlockedScalar: FloatingScalar {
  /// Multiply-adds per nanosecond and thread, roughly.
  static var productRate: Double { get }
  /// Elements in a vector register.
  static var lanes: Int { get }

  /// `c = a · b` for up to four rows of `a`, which is not transposed.
  @unsafe static func multiplyFewRows(
    m: Int, n: Int, k: Int, _ a: UnsafePointer<Self>, rowA: Int, _ b: UnsafePointer<Self>,
    rowB: Int,
    transposesB: Bool, _ c: UnsafeMutablePointer<Self>, rowC: Int)

  /// `c = a · b` on one thread, or `c += a · b`, for a part of a larger product.
  @unsafe static func multiplyPart(
    m: Int, n: Int, k: Int, _ a: UnsafePointer<Self>, rowA: Int, transposesA: Bool,
    _ b: UnsafePointer<Self>, rowB: Int, transposesB: Bool, _ c: UnsafeMutablePointer<Self>,
    rowC: Int, accumulates: Bool
  ) throws(StatusError)
}

extension Gemm {
  /// Float and Double: parts of products on all threads, each by the best loop for its shape.
  @unsafe static func multiplyBlocked<Scalar: BlockedScalar>(
    _ operands: Operands<Scalar>
  ) throws(StatusError) {
    let shape = unsafe operands.shape
    let costPerProduct =
      Double(shape.m) * Double(shape.n) * Double(Swift.max(shape.k, 1)) / Scalar.productRate
    if shape.count > 1 {
      // Many small products: each on one thread. Loops inside run inline.
      try unsafe operands.pool.parallelFor(count: shape.count, costPerItem: costPerProduct) {
        (range) throws(StatusError) in
        for index in range {
          let (a, b, c) = unsafe operands.product(index)
          try unsafe multiplyOne(a, b, c, shape, cost: costPerProduct, pool: operands.pool)
        }
      }
    } else {
      let (a, b, c) = unsafe operands.product(0)
      try unsafe multiplyOne(a, b, c, shape, cost: costPerProduct, pool: operands.pool)
    }
  }

  @unsafe private static func multiplyOne<Scalar: BlockedScalar>(
    _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>,
    _ shape: GemmShape, cost: Double, pool: WorkerPool
  ) throws(StatusError) {
    let (m, n, k) = (shape.m, shape.n, shape.k)
    if n == 1 && m > 1 {
      // A column is a row of the transposed product: c' = b' a'.
      return unsafe multiplyFew(
        m: 1, n: m, k: k, b, rowA: k, a, rowB: shape.transposesA ? m : k,
        transposesB: !shape.transposesA, c, pool: pool)
    }
    if m <= 4 && (!shape.transposesA || m == 1) {
      return unsafe multiplyFew(
        m: m, n: n, k: k, a, rowA: k, b, rowB: shape.transposesB ? k : n,
        transposesB: shape.transposesB, c, pool: pool)
    }
    let rowA = shape.transposesA ? m : k
    let rowB = shape.transposesB ? k : n
    // Cut along the longer side: the operand of the other side is packed once per part.
    let cutsRows = m >= n
    let side = cutsRows ? m : n
    let unit = 4 * Scalar.lanes
    let units = (side + unit - 1) / unit
    try pool.parallelFor(count: units, costPerItem: cost / Double(units)) {
      (range) throws(StatusError) in
      let first = range.lowerBound * unit
      let length = Swift.min(range.upperBound * unit, side) - first
      if cutsRows {
        try unsafe Scalar.multiplyPart(
          m: length, n: n, k: k, a + first &* (shape.transposesA ? 1 : rowA), rowA: rowA,
          transposesA: shape.transposesA, b, rowB: rowB, transposesB: shape.transposesB,
          c + first &* n, rowC: n, accumulates: false)
      } else {
        try unsafe Scalar.multiplyPart(
          m: m, n: length, k: k, a, rowA: rowA, transposesA: shape.transposesA,
          b + first &* (shape.transposesB ? rowB : 1), rowB: rowB, transposesB: shape.transposesB,
          c + first, rowC: n, accumulates: false)
      }
    }
  }

  /// Up to four rows: bound by reading `b`, which is cut by columns of the result.
  @unsafe private static func multiplyFew<Scalar: BlockedScalar>(
    m: Int, n: Int, k: Int, _ a: UnsafePointer<Scalar>, rowA: Int, _ b: UnsafePointer<Scalar>,
    rowB: Int, transposesB: Bool, _ c: UnsafeMutablePointer<Scalar>, pool: WorkerPool
  ) {
    let bytes = Double(Swift.max(k, 1)) * Double(MemoryLayout<Scalar>.stride)
    // About 30 bytes a nanosecond from a cache; memory is slower, and sharing then pays earlier.
    pool.parallelFor(count: n, costPerItem: bytes / 30, alignment: 4 * Scalar.lanes) { range in
      unsafe Scalar.multiplyFewRows(
        m: m, n: range.count, k: k, a, rowA: rowA,
        b + range.lowerBound &* (transposesB ? rowB : 1), rowB: rowB, transposesB: transposesB,
        c + range.lowerBound, rowC: n)
    }
  }
}

extension Float: BlockedScalar {
  static var productRate: Double { 40 }
  static var lanes: Int { 16 }

  @unsafe static func multiplyFewRows(
    m: Int, n: Int, k: Int, _ a: UnsafePointer<Float>, rowA: Int, _ b: UnsafePointer<Float>,
    rowB: Int, transposesB: Bool, _ c: UnsafeMutablePointer<Float>, rowC: Int
  ) {
    unsafe loom_gemv_f32(m, n, k, a, rowA, b, rowB, transposesB, c, rowC)
  }

  @unsafe static func multiplyPart(
    m: Int, n: Int, k: Int, _ a: UnsafePointer<Float>, rowA: Int, transposesA: Bool,
    _ b: UnsafePointer<Float>, rowB: Int, transposesB: Bool, _ c: UnsafeMutablePointer<Float>,
    rowC: Int, accumulates: Bool
  ) throws(StatusError) {
    #if OneDNN
      // Its dispatch costs more than a tiny product, and it leaves c alone where k is 0.
      if m &* n &* k > 4096 {
        loom_onednn_prepare_thread()
        let n8 = CChar(UInt8(ascii: "N"))
        let t8 = CChar(UInt8(ascii: "T"))
        let status = unsafe dnnl_sgemm(
          transposesA ? t8 : n8, transposesB ? t8 : n8, dnnl_dim_t(m), dnnl_dim_t(n),
          dnnl_dim_t(k), 1, a, dnnl_dim_t(rowA), b, dnnl_dim_t(rowB), accumulates ? 1 : 0, c,
          dnnl_dim_t(rowC))
        if status == dnnl_success { return }
      }
    #endif
    try unsafe ThreadScratch.with(LOOM_GEMM_SCRATCH, of: Float.self, for: .gemm) { scratch in
      unsafe loom_gemm_f32(
        m, n, k, a, transposesA ? 1 : rowA, transposesA ? rowA : 1, b, transposesB ? 1 : rowB,
        transposesB ? rowB : 1, c, rowC, accumulates, scratch)
    }
  }
}

extension Double: BlockedScalar {
  static var productRate: Double { 20 }
  static var lanes: Int { 8 }

  @unsafe static func multiplyFewRows(
    m: Int, n: Int, k: Int, _ a: UnsafePointer<Double>, rowA: Int, _ b: UnsafePointer<Double>,
    rowB: Int, transposesB: Bool, _ c: UnsafeMutablePointer<Double>, rowC: Int
  ) {
    unsafe loom_gemv_f64(m, n, k, a, rowA, b, rowB, transposesB, c, rowC)
  }

  @unsafe static func multiplyPart(
    m: Int, n: Int, k: Int, _ a: UnsafePointer<Double>, rowA: Int, transposesA: Bool,
    _ b: UnsafePointer<Double>, rowB: Int, transposesB: Bool, _ c: UnsafeMutablePointer<Double>,
    rowC: Int, accumulates: Bool
  ) throws(StatusError) {
    try unsafe ThreadScratch.with(LOOM_GEMM_SCRATCH, of: Double.self, for: .gemm) { scratch in
      unsafe loom_gemm_f64(
        m, n, k, a, transposesA ? 1 : rowA, transposesA ? rowA : 1, b, transposesB ? 1 : rowB,
        transposesB ? rowB : 1, c, rowC, accumulates, scratch)
    }
  }
}
