public import LoomGraph

/// TensorArrays, tensor lists and stacks.
public enum ListsOps {
  public static let all: [any OpDefinition.Type] = lists + stacks

  private static let lists: [any OpDefinition.Type] = [
    EmptyTensorList.self, TensorListConcatLists.self, TensorListElementShape.self,
    TensorListGetItem.self, TensorListLength.self, TensorListPopBack.self, TensorListPushBack.self,
    TensorListReserve.self, TensorListResize.self, TensorListSetItem.self,
  ]

  private static let stacks: [any OpDefinition.Type] = [
    Stack.self, StackClose.self, StackCloseV2.self, StackPop.self, StackPopV2.self, StackPush.self,
    StackPushV2.self, StackV2.self,
  ]
}
