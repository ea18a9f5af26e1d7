import LoomCore
public import LoomGraph

/// Variables of both generations and what changes them.
public enum StateOps {
  public static let all: [any OpDefinition.Type] =
    references + resources + scatters + stubs + updates

  private static let references: [any OpDefinition.Type] = [
    Assign.self, AssignAdd.self, AssignSub.self, CountUpTo.self, DestroyTemporaryVariable.self,
    IsVariableInitialized.self, TemporaryVariable.self, Variable.self, VariableV2.self,
  ]

  private static let resources: [any OpDefinition.Type] = [
    AssignAddVariableOp.self, AssignSubVariableOp.self, AssignVariableOp.self,
    DestroyResourceOp.self, DisableCopyOnRead.self, ReadVariableOp.self, ReadVariablesOp.self,
    ResourceCountUpTo.self, ResourceGather.self, ResourceGatherNd.self, VarHandleOp.self,
    VarHandlesOp.self, VarIsInitializedOp.self,
    VariableShape.self,
  ]

  private static let stubs: [any OpDefinition.Type] = [
    ResourceCreateOp.self, ResourceInitializedOp.self, ResourceUsingOp.self,
    StubResourceHandleOp.self,
  ]

  private static let scatters: [any OpDefinition.Type] =
    ops(ScatterReplace.self) + ops(ScatterSum.self) + ops(ScatterDifference.self)
    + rowOps(ScatterProduct.self) + rowOps(ScatterQuotient.self) + ops(ScatterMinimum.self)
    + ops(ScatterMaximum.self) + [StridedSliceAssign.self, ResourceStridedSliceAssign.self]

  private static func ops<Rule: ScatterRule>(_ rule: Rule.Type) -> [any OpDefinition.Type] {
    rowOps(rule) + [ScatterNd<Rule>.self, ResourceScatterNd<Rule>.self]
  }

  private static func rowOps<Rule: ScatterRule>(_ rule: Rule.Type) -> [any OpDefinition.Type] {
    [Scatter<Rule>.self, ResourceScatter<Rule>.self]
  }

  private static let updates: [any OpDefinition.Type] =
    AdadeltaRule.allOps + AdagradRule.allOps + AdagradDARule.allOps + AdagradV2Rule.allOps
    + AdaMaxRule.denseOps + AdamRule.denseOps + [ResourceApply<AdamWithAmsgradRule>.self]
    + AddSignRule.denseOps + CenteredRMSPropRule.allOps + FtrlRule.allOps + FtrlV2Rule.allOps
    + GradientDescentRule.denseOps + KerasMomentumRule.resourceOps + MomentumRule.allOps
    + PowerSignRule.denseOps + ProximalAdagradRule.allOps + ProximalGradientDescentRule.allOps
    + RMSPropRule.allOps
}
