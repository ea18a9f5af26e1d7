/// Sizes and layout of a batch of row-major matrix products, `c = a · b`.
///
/// `a` is `[m, k]` or, transposed, `[k, m]`; `b` is `[k, n]` or `[n, k]`; `c` is `[m, n]`. Matrices are
/// dense, and the products of a batch lie one after the other in `c`.
public struct GemmShape: Hashable, Sendable {
  public var m: Int
  public var n: Int
  public var k: Int
  public var transposesA: Bool
  public var transposesB: Bool
  /// Products in the batch.
  public var count: Int
  /// Where the matrices of product `i` start, in elements.
  public var layout: Layout

  public enum Layout: Hashable, Sendable {
    /// `a + i * strideA`, `b + i * strideB`; 0 uses one matrix for all.
    case strided(a: Int, b: Int)
    /// `a + offsetsA[i]`, `b + offsetsB[i]`, for batches that broadcast.
    case scattered(a: [Int], b: [Int])
  }

  /// One product.
  @inlinable public init(
    m: Int, n: Int, k: Int, transposesA: Bool = false, transposesB: Bool = false
  ) {
    self.init(
      m: m, n: n, k: k, transposesA: transposesA, transposesB: transposesB, count: 1,
      layout: .strided(a: 0, b: 0))
  }

  @inlinable public init(
    m: Int, n: Int, k: Int, transposesA: Bool = false, transposesB: Bool = false, count: Int,
    layout: Layout
  ) {
    self.m = m
    self.n = n
    self.k = k
    self.transposesA = transposesA
    self.transposesB = transposesB
    self.count = count
    self.layout = layout
  }

  /// Where the matrices of product `index` start.
  @inlinable func offsets(_ index: Int) -> (a: Int, b: Int) {
    switch layout {
    case .strided(let a, let b): (index &* a, index &* b)
    case .scattered(let a, let b): (a[index], b[index])
    }
  }
}
