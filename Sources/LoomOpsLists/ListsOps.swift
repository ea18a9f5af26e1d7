public import LoomGraph

/// TensorArrays, tensor lists and stacks.
public enum ListsOps {
  public static let all: [any OpDefinition.Type] = lists + stacks

  private static let lists: [any OpDefinition.Type] = [
    EmptyTensorList.self, TensorListConcat.self, TensorListConcatLists.self,
    TensorListConcatV2.self, TensorListElementShape.self, TensorListFromTensor.self,
    TensorListGather.self, TensorListGetItem.self, TensorListLength.self, TensorListPopBack.self,
    TensorListPushBack.self, TensorListPushBackBatch.self, TensorListReserve.self,
    TensorListResize.self, TensorListScatter.self, TensorListScatterIntoExistingList.self,
    TensorListScatterV2.self, TensorListSetItem.self, TensorListSplit.self, TensorListStack.self,
  ]

  private static let stacks: [any OpDefinition.Type] = [
    Stack.self, StackClose.self, StackCloseV2.self, StackPop.self, StackPopV2.self, StackPush.self,
    StackPushV2.self, StackV2.self,
  ]
}
