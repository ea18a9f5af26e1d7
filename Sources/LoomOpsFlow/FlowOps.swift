public import LoomGraph

/// Calls of functions, conditionals and loops in functional form.
public enum FlowOps {
  public static let all: [any OpDefinition.Type] = [
    Abort.self, Case.self, FakeParam.self, For.self, If.self, PartitionedCall.self, RemoteCall.self,
    StatefulPartitionedCall.self, StatelessCase.self, StatelessIf.self, StatelessWhile.self,
    ToBool.self, While.self,
  ]
}
