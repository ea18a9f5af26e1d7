import LoomCore
public import LoomGraph

/// Variables of both generations and what changes them.
public enum StateOps {
  public static let all: [any OpDefinition.Type] = references + resources + updates

  private static let references: [any OpDefinition.Type] = [
    Assign.self, AssignAdd.self, AssignSub.self, CountUpTo.self, DestroyTemporaryVariable.self,
    IsVariableInitialized.self, TemporaryVariable.self, Variable.self, VariableV2.self,
  ]

  private static let resources: [any OpDefinition.Type] = [
    AssignAddVariableOp.self, AssignSubVariableOp.self, AssignVariableOp.self,
    DestroyResourceOp.self, DisableCopyOnRead.self, ReadVariableOp.self, ReadVariablesOp.self,
    ResourceCountUpTo.self, VarHandleOp.self, VarHandlesOp.self, VarIsInitializedOp.self,
    VariableShape.self,
  ]

  private static let updates: [any OpDefinition.Type] =
    AdadeltaRule.allOps + AdagradRule.allOps + AdagradDARule.allOps + AdagradV2Rule.allOps
    + AdaMaxRule.denseOps + AdamRule.denseOps + [ResourceApply<AdamWithAmsgradRule>.self]
    + AddSignRule.denseOps + CenteredRMSPropRule.allOps + FtrlRule.allOps + FtrlV2Rule.allOps
    + GradientDescentRule.denseOps + KerasMomentumRule.resourceOps + MomentumRule.allOps
    + PowerSignRule.denseOps + ProximalAdagradRule.allOps + ProximalGradientDescentRule.allOps
    + RMSPropRule.allOps
}
