public import LoomGraph

/// TensorArrays, tensor lists, tensor maps and stacks.
public enum ListsOps {
  public static let all: [any OpDefinition.Type] = arrays + lists + maps + stacks

  private static let arrays: [any OpDefinition.Type] = [
    TensorArrayClose.self, TensorArrayCloseV2.self, TensorArrayCloseV3.self, TensorArrayConcat.self,
    TensorArrayConcatV2.self, TensorArrayConcatV3.self, TensorArrayGather.self,
    TensorArrayGatherV2.self, TensorArrayGatherV3.self, TensorArrayGrad.self,
    TensorArrayGradV2.self, TensorArrayGradV3.self, TensorArrayGradWithShape.self,
    TensorArrayPack.self, TensorArrayRead.self, TensorArrayReadV2.self, TensorArrayReadV3.self,
    TensorArrayScatter.self, TensorArrayScatterV2.self, TensorArrayScatterV3.self,
    TensorArraySize.self, TensorArraySizeV2.self, TensorArraySizeV3.self, TensorArraySplit.self,
    TensorArraySplitV2.self, TensorArraySplitV3.self, TensorArrayUnpack.self, TensorArrayV1.self,
    TensorArrayV2.self, TensorArrayV3.self, TensorArrayWrite.self, TensorArrayWriteV2.self,
    TensorArrayWriteV3.self,
  ]

  private static let lists: [any OpDefinition.Type] = [
    EmptyTensorList.self, TensorListConcat.self, TensorListConcatLists.self,
    TensorListConcatV2.self, TensorListElementShape.self, TensorListFromTensor.self,
    TensorListGather.self, TensorListGetItem.self, TensorListLength.self, TensorListPopBack.self,
    TensorListPushBack.self, TensorListPushBackBatch.self, TensorListReserve.self,
    TensorListResize.self, TensorListScatter.self, TensorListScatterIntoExistingList.self,
    TensorListScatterV2.self, TensorListSetItem.self, TensorListSplit.self, TensorListStack.self,
  ]

  private static let maps: [any OpDefinition.Type] = [
    EmptyTensorMap.self, TensorMapErase.self, TensorMapHasKey.self, TensorMapInsert.self,
    TensorMapLookup.self, TensorMapSize.self, TensorMapStackKeys.self,
  ]

  private static let stacks: [any OpDefinition.Type] = [
    Stack.self, StackClose.self, StackCloseV2.self, StackPop.self, StackPopV2.self, StackPush.self,
    StackPushV2.self, StackV2.self,
  ]
}
