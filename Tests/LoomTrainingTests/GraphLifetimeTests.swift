import Testing
import Weirloom

/// What a graph keeps, such as the contexts of its loops and its collections, refers to the graph and must
/// not keep it.
@Suite struct GraphLifetimeTests {
  private func isFreed(_ fill: (Graph) throws -> Void) throws -> Bool {
    weak var watched: Graph?
    do {
      let graph = Graph()
      watched = graph
      try fill(graph)
    }
    return watched == nil
  }

  @Test func `a graph with loops and their gradients goes when nobody holds it`() throws {
    let freed = try isFreed { graph in
      let x = try graph.constant(Float(2))
      let y = try whileLoop(loopVariable: x) {
        try less($0, graph.constant(Float(100)))
      } body: {
        try $0 * x
      }
      _ = try gradients(of: [y.erased], withRespectTo: [x.erased])
    }
    #expect(freed)
  }

  @Test func `a graph with conditionals goes when nobody holds it`() throws {
    let freed = try isFreed { graph in
      let x = try graph.constant(Float(2))
      let y = try cond(graph.constant(true)) {
        [try (x * x).erased]
      } else: {
        [x.erased]
      }
      _ = try gradients(of: y, withRespectTo: [x.erased])
    }
    #expect(freed)
  }

  @Test func `a graph that was trained and saved from goes when nobody holds it`() throws {
    let freed = try isFreed { graph in
      let shared = try graph.withVariableScope("layer") { () throws(StatusError) in
        try graph.getVariable("w", [2])
      }
      let own = try graph.variable("b", initialValue: Tensor<Float>([1, 2]))
      let loss = try reduceSum((shared.value + own.value) * own.value)
      let train = try GradientDescent(learningRate: 0.1).minimize(loss)
      let table = try graph.lookupTable(keys: [Int64(1)], values: [Int64(2)])
      let session = try Session(graph: graph)
      try session.run(graph.globalVariablesInitializer)
      try session.run(graph.tablesInitializer)
      try session.run(train)
      #expect(try session.run(own).scalars != [1, 2])
      #expect(table.handle.graph === graph)
      session.close()
    }
    #expect(freed)
  }

  @Test func `a graph with collections of its own goes when nobody holds it`() throws {
    let freed = try isFreed { graph in
      let x = try graph.constant(Float(2), name: "x")
      let variable = try graph.variable("v", initialValue: Tensor<Float>(scalar: 1))
      try graph.addToCollections(["mixed"], x)
      try graph.addToCollections(["mixed"], x.erased)
      try graph.addToCollections(["mixed"], x.operation)
      try graph.addToCollections(["mixed"], variable)
      try graph.addToCollections(["mixed"], variable.erased)
      try graph.addToCollections(["mixed"], 7)
      let items = graph.collection("mixed")
      #expect(items.count == 6)
      #expect(items[0] as? Output<Float> == x)
      #expect(items[1] as? AnyOutput == x.erased)
      #expect(items[2] as? Operation == x.operation)
      #expect(items[3] as? Variable<Float> == variable)
      #expect(items[4] as? AnyVariable == variable.erased)
      #expect(items[5] as? Int == 7)
      #expect(graph.collection("mixed", scope: "v").count == 1)
    }
    #expect(freed)
  }

  @Test func `a graph with queue runners that ran goes when nobody holds it`() async throws {
    weak var watched: Graph?
    do {
      let graph = Graph()
      watched = graph
      let queue = try graph.fifoQueue(capacity: 2, of: Int32.self)
      let enqueue = try queue.enqueue(graph.constant(Int32(1)))
      try graph.addQueueRunner(
        QueueRunner(queue.erased, enqueue: [enqueue]))
      let session = try Session(graph: graph)
      let coordinator = Coordinator()
      let tasks = try startQueueRunners(in: session, coordinator: coordinator)
      #expect(try startQueueRunners(in: session, coordinator: coordinator).isEmpty)
      let element: Output<Int32> = try queue.dequeue()
      #expect(try await session.run(element).scalar == 1)
      coordinator.requestStop()
      for task in tasks { await task.value }
      session.close()
    }
    #expect(watched == nil)
  }

  @Test func `what a collection holds of another graph stays`() throws {
    let graph = Graph()
    do {
      let other = Graph()
      try graph.addToCollections(["others"], other.constant(Float(3), name: "there").operation)
    }
    let kept = try #require(graph.collection("others", of: Operation.self).first)
    #expect(kept.name == "there")
  }
}
