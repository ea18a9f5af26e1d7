#if Distributed
  import Weirloom

  /// A step that waits on the victim, and whose master waits for a value from there.
  struct BlockedStep {
    let variable: Variable<Float>
    /// Twice the variable, on the master's task.
    let near: Output<Float>
    /// Tells ``begun`` that the step is under way.
    let begin: Operation
    let begun: Output<Float>
    /// Arrives at the master when the victim's queue has an element, which it never has.
    let arrived: Output<Float>

    init(_ graph: Graph) throws {
      let far = try graph.withDevice("/job:worker/task:\(FaultCluster.victim)") {
        () throws(StatusError) in
        let begun = try graph.fifoQueue(capacity: 8, of: Float.self, sharedName: "begun")
        let never = try graph.fifoQueue(capacity: 1, of: Float.self, sharedName: "never")
        return (
          try graph.variable("v", initialValue: .constant(Float(3))),
          try begun.enqueue(try graph.constant(Float(1))), try begun.dequeue(),
          try never.dequeue()
        )
      }
      (variable, begin, begun) = (far.0, far.1, far.2)
      (near, arrived) = try graph.withDevice("/job:worker/task:0") { () throws(StatusError) in
        (try far.0.value + far.0.value, try far.3 + far.3)
      }
    }
  }
#endif
