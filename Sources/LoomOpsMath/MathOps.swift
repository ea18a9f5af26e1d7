public import LoomGraph

/// Arithmetic, elementary functions, comparisons, selection and casts: what works element by element.
public enum MathOps {
  public static let all: [any OpDefinition.Type] =
    arithmetic + elementary + special + comparisons + conversions

  private static let arithmetic: [any OpDefinition.Type] = [
    Abs.self, AccumulateNV2.self, Add.self, AddN.self, AddV2.self, Ceil.self, Cross.self, Div.self,
    DivNoNan.self, Floor.self, FloorDiv.self, FloorMod.self, Inv.self, InvGrad.self, Maximum.self,
    Minimum.self, Mod.self, Mul.self, MulNoNan.self, Neg.self, NextAfter.self, Pow.self,
    RealDiv.self, Reciprocal.self, ReciprocalGrad.self, Rint.self, Round.self, Rsqrt.self,
    RsqrtGrad.self, Sign.self, Sqrt.self, SqrtGrad.self, Square.self, SquaredDifference.self,
    Sub.self, TruncateDiv.self, TruncateMod.self,
  ]

  private static let elementary: [any OpDefinition.Type] = [
    Acos.self, Acosh.self, Asin.self, Asinh.self, Atan.self, Atan2.self, Atanh.self, Cos.self,
    Cosh.self, Exp.self, Expm1.self, Log.self, Log1p.self, Sigmoid.self, SigmoidGrad.self, Sin.self,
    Sinh.self, Tan.self, Tanh.self, TanhGrad.self,
  ]

  private static let special: [any OpDefinition.Type] = [
    BesselI0.self, BesselI0e.self, BesselI1.self, BesselI1e.self, BesselJ0.self, BesselJ1.self,
    BesselK0.self, BesselK0e.self, BesselK1.self, BesselK1e.self, BesselY0.self, BesselY1.self,
    Betainc.self, Dawsn.self, Digamma.self, Erf.self, Erfc.self, Erfinv.self, Expint.self,
    FresnelCos.self, FresnelSin.self, Igamma.self, IgammaGradA.self, Igammac.self, Lgamma.self,
    Ndtri.self, Polygamma.self, Spence.self, Xdivy.self, Xlog1py.self, Xlogy.self, Zeta.self,
  ]

  private static let comparisons: [any OpDefinition.Type] = [
    ApproximateEqual.self, BitwiseAnd.self, BitwiseOr.self, BitwiseXor.self, Equal.self,
    Greater.self, GreaterEqual.self, Invert.self, IsFinite.self, IsInf.self, IsNan.self,
    LeftShift.self, Less.self, LessEqual.self, LogicalAnd.self, LogicalNot.self, LogicalOr.self,
    NotEqual.self, PopulationCount.self, RightShift.self,
  ]

  private static let conversions: [any OpDefinition.Type] = [
    Angle.self, Bitcast.self, BroadcastArgs.self, BroadcastGradientArgs.self, Cast.self,
    CheckNumerics.self, CheckNumericsV2.self, ClipByValue.self, ComplexAbs.self, ComplexOp.self,
    Conj.self, Imag.self, OnesLike.self, Real.self, Select.self, SelectV2.self, ZerosLike.self,
  ]
}
