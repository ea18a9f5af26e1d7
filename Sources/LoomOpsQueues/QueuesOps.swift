public import LoomGraph

/// Queues, barriers, staging areas and accumulators.
public enum QueuesOps {
  public static let all: [any OpDefinition.Type] = queues

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
