public import LoomGraph

/// Arithmetic, elementary functions, comparisons, selection and casts: what works element by element.
public enum MathOps {
  public static let all: [any OpDefinition.Type] = arithmetic

  private static let arithmetic: [any OpDefinition.Type] = [
    Abs.self, Add.self, AddV2.self, Div.self, DivNoNan.self, FloorDiv.self, FloorMod.self,
    Maximum.self, Minimum.self, Mod.self, Mul.self, MulNoNan.self, Neg.self, RealDiv.self,
    Sign.self, SquaredDifference.self, Sub.self, TruncateDiv.self, TruncateMod.self,
  ]
}
