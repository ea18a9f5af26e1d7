public import LoomGraph

/// Queues, barriers, staging areas and accumulators.
public enum QueuesOps {
  public static let all: [any OpDefinition.Type] =
    accumulators + barriers + locks + queues + staging

  private static let accumulators: [any OpDefinition.Type] = [
    AccumulatorApplyGradient.self, AccumulatorNumAccumulated.self, AccumulatorSetGlobalStep.self,
    AccumulatorTakeGradient.self, ConditionalAccumulator.self,
    ResourceAccumulatorApplyGradient.self, ResourceAccumulatorNumAccumulated.self,
    ResourceAccumulatorSetGlobalStep.self, ResourceAccumulatorTakeGradient.self,
    ResourceConditionalAccumulator.self, SparseAccumulatorApplyGradient.self,
    SparseAccumulatorTakeGradient.self, SparseConditionalAccumulator.self,
  ]

  private static let barriers: [any OpDefinition.Type] = [
    Barrier.self, BarrierClose.self, BarrierIncompleteSize.self, BarrierInsertMany.self,
    BarrierReadySize.self, BarrierTakeMany.self,
  ]

  private static let locks: [any OpDefinition.Type] = [
    ConsumeMutexLock.self, MutexLock.self, MutexV2.self,
  ]

  private static let staging: [any OpDefinition.Type] =
    [Stage.self, StageClear.self, StagePeek.self, StageSize.self, Unstage.self]
    + UnorderedStaging.ops + OrderedStaging.ops

  private static let queues: [any OpDefinition.Type] = [
    FakeQueue.self, FIFOQueue.self, FIFOQueueV2.self, PaddingFIFOQueue.self,
    PaddingFIFOQueueV2.self, PriorityQueue.self, PriorityQueueV2.self, QueueClose.self,
    QueueCloseV2.self, QueueDequeue.self, QueueDequeueMany.self, QueueDequeueManyV2.self,
    QueueDequeueUpTo.self, QueueDequeueUpToV2.self, QueueDequeueV2.self, QueueEnqueue.self,
    QueueEnqueueMany.self, QueueEnqueueManyV2.self, QueueEnqueueV2.self, QueueIsClosed.self,
    QueueIsClosedV2.self, QueueSize.self, QueueSizeV2.self, RandomShuffleQueue.self,
    RandomShuffleQueueV2.self,
  ]
}
