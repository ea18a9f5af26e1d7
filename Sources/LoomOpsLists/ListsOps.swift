public import LoomGraph

/// TensorArrays, tensor lists and stacks.
public enum ListsOps {
  public static let all: [any OpDefinition.Type] = stacks

  private static let stacks: [any OpDefinition.Type] = [
    Stack.self, StackClose.self, StackCloseV2.self, StackPop.self, StackPopV2.self, StackPush.self,
    StackPushV2.self, StackV2.self,
  ]
}
