public import LoomGraph

/// The ops every graph needs, whatever it computes.
public enum CoreOps {
  public static let all: [any OpDefinition.Type] =
    [
      Const.self, ControlTrigger.self, EnsureShape.self, Identity.self, NoOp.self,
      Placeholder.self, PlaceholderV2.self, PlaceholderWithDefault.self,
    ] + identities + printing + controlFlow + boundary + sessionTensors

  private static let identities: [any OpDefinition.Type] = [
    Copy.self, CopyHost.self, DebugGradientIdentity.self, DebugGradientRefIdentity.self,
    DeepCopy.self, GuaranteeConst.self, IdentityN.self, PreventGradient.self, Snapshot.self,
    StopGradient.self,
  ]

  private static let printing: [any OpDefinition.Type] = [
    Assert.self, Print.self, PrintV2.self,
  ]

  private static let controlFlow: [any OpDefinition.Type] = [
    Enter.self, Exit.self, LoopCond.self, Merge.self, NextIteration.self, RefEnter.self,
    RefExit.self, RefMerge.self, RefNextIteration.self, RefSwitch.self, Switch.self,
  ]

  private static let boundary: [any OpDefinition.Type] = [
    FunctionArgument.self, FunctionResult.self, HostReceiveTensor.self, HostSendTensor.self,
    ReceiveTensor.self, SendTensor.self,
  ]

  private static let sessionTensors: [any OpDefinition.Type] = [
    DeleteSessionTensor.self, GetSessionHandle.self, GetSessionHandleV2.self,
    GetSessionTensor.self,
  ]
}
