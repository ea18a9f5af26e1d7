public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The derivative of a gamma sample with respect to its shape parameter, element by element with
/// broadcasting.
public enum RandomGammaGrad: OpDeclaration, FloatingBinary {
  public static let signature = OpSignature(
    "RandomGammaGrad", inputs: ["alpha: T", "sample: T"], outputs: ["output: T"],
    attributes: [
      "T: {float, double}"
    ])
  public static let shapes = ShapeFunction.broadcast
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(RandomGammaGrad.self, over: [.float, .double])

  public static func apply<Scalar: FloatingScalar>(_ alpha: Scalar, _ sample: Scalar) -> Scalar {
    Scalar(converting: derivative(alpha.doubleValue, sample.doubleValue))
  }

  /// `-(∂F/∂α) / (∂F/∂x)` for the distribution function F, the regularised incomplete gamma function:
  /// its series for small samples, the continued fraction of its complement for large ones
  /// (S. L. Moshier, Cephes, 1989), each differentiated term by term.
  static func derivative(_ alpha: Double, _ x: Double) -> Double {
    if x == 0 { return 0 }
    guard x > 0, alpha > 0 else { return .nan }
    return x > 1 && x > alpha ? -continuedFraction(alpha, x) : series(alpha, x)
  }

  private static let iterations = 2_000

  private static func series(_ alpha: Double, _ x: Double) -> Double {
    var r = alpha
    var c = 1.0
    var sum = 1.0
    var dc = 0.0
    var dSum = 0.0
    for _ in 0..<iterations {
      r += 1
      let term = x / r
      dc = term * dc - x / (r * r) * c
      dSum += dc
      c *= term
      sum += c
      if dc.magnitude <= Double.ulpOfOne * dSum.magnitude { break }
    }
    let dLog = Double.log(x) - digamma(alpha + 1)
    return -(dSum + sum * dLog) * x / alpha
  }

  private static func continuedFraction(_ alpha: Double, _ x: Double) -> Double {
    let big = 1 / Double.ulpOfOne
    var y = 1 - alpha
    var z = x + y + 1
    var c = 0.0
    var (p2, q2, p1, q1) = (1.0, x, x + 1, z * x)
    var (dp2, dq2, dp1, dq1) = (0.0, 0.0, 0.0, -x)
    var ratio = p1 / q1
    var dRatio = (dp1 - ratio * dq1) / q1
    for _ in 0..<iterations {
      c += 1
      y += 1
      z += 2
      let yc = y * c
      let p = p1 * z - p2 * yc
      let q = q1 * z - q2 * yc
      let dp = dp1 * z - p1 - dp2 * yc + p2 * c
      let dq = dq1 * z - q1 - dq2 * yc + q2 * c
      if q != 0 {
        ratio = p / q
        let previous = dRatio
        dRatio = (dp - ratio * dq) / q
        if (dRatio - previous).magnitude <= Double.ulpOfOne { break }
      }
      (p2, p1, q2, q1) = (p1, p, q1, q)
      (dp2, dp1, dq2, dq1) = (dp1, dp, dq1, dq)
      if p.magnitude > big {
        (p2, p1, q2, q1) = (p2 / big, p1 / big, q2 / big, q1 / big)
        (dp2, dp1, dq2, dq1) = (dp2 / big, dp1 / big, dq2 / big, dq1 / big)
      }
    }
    let dLog = Double.log(x) - digamma(alpha)
    return -(dRatio + ratio * dLog) * x
  }

  /// The derivative of log Γ for positive arguments: recurrence up to 10, then the asymptotic series.
  private static func digamma(_ x: Double) -> Double {
    var x = x
    var result = 0.0
    while x < 10 {
      result -= 1 / x
      x += 1
    }
    let square = 1 / (x * x)
    let tail =
      square
      * (1.0 / 12 - square
        * (1.0 / 120 - square
          * (1.0 / 252 - square * (1.0 / 240 - square * (5.0 / 660 - square * 691.0 / 32760)))))
    return result + Double.log(x) - 0.5 / x - tail
  }
}
