import Glibc
import Synchronization
import Weirloom

/// How often something happened, by key; tests use keys of their own.
enum Tally {
  private static let counts = Mutex<[String: Int]>([:])

  static func add(_ key: String) -> Int {
    counts.withLock { counts in
      counts[key, default: 0] += 1
      return counts[key, default: 0]
    }
  }

  static func count(_ key: String) -> Int { counts.withLock { $0[key, default: 0] } }

  /// Waits until `key` was counted, ten seconds at most.
  static func wait(for key: String) -> Bool {
    for _ in 0..<10_000 {
      if count(key) > 0 { return true }
      usleep(1000)
    }
    return false
  }
}

/// Counts its runs under `key` and gives the count.
enum TestCount: OpDefinition, KernelProvider {
  static let signature = OpSignature(
    "TestCount", outputs: ["count: int32"], attributes: ["key: string"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static let kernels = KernelTable { construction in
    let key = try construction.attributes.string("key")
    return ClosureKernel { context in try context.setScalar(0, Int32(Tally.add(key))) }
  }
}

/// Says under `key` that it runs, then waits until the step is cancelled.
enum TestBlock: OpDefinition, KernelProvider {
  static let signature = OpSignature(
    "TestBlock", inputs: ["trigger: N * T"], outputs: ["never: float"],
    attributes: ["key: string", "N: int >= 0", "T: type = DT_FLOAT"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static let kernels = KernelTable { construction in
    let key = try construction.attributes.string("key")
    return ClosureKernel { context in
      _ = Tally.add(key)
      while true {
        try context.checkCancellation()
        usleep(500)
      }
    }
  }
}

/// Fails with the code and message of its attributes.
enum TestFail: OpDefinition, KernelProvider {
  static let signature = OpSignature(
    "TestFail", outputs: ["never: float"], attributes: ["code: int", "message: string"],
    isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static let kernels = KernelTable { construction in
    let code = try construction.attributes.int("code")
    let message = try construction.attributes.string("message")
    return ClosureKernel { _ in
      throw StatusError(.init(rawValue: Int32(code)) ?? .unknown, message)
    }
  }
}

/// Passes its input on and gives its own count of runs beside it.
enum TestPair: OpDefinition, KernelProvider {
  static let signature = OpSignature(
    "TestPair", inputs: ["x: float"], outputs: ["same: float", "count: int32"],
    attributes: ["key: string"], isStateful: true)
  static let shapes = ShapeFunction { context in
    context.setOutput(0, context.input(0))
    context.setOutput(1, .scalar)
  }
  static let gradient = GradientRule.undefined
  static let kernels = KernelTable { construction in
    let key = try construction.attributes.string("key")
    return ClosureKernel { context in
      try context.setOutput(0, context.input(0))
      try context.setScalar(1, Int32(Tally.add(key)))
    }
  }
}

extension Graph {
  /// An empty graph that also knows the ops above.
  static func forTests() throws -> Graph {
    Graph(
      registry: try OpRegistry.standard.adding(
        TestCount.self, TestBlock.self, TestFail.self, TestPair.self))
  }

  /// An operation that counts its runs.
  func count(_ key: String, name: String? = nil) throws(StatusError) -> Output<Int32> {
    try Output(
      addOperation(
        "TestCount", attributes: ["key": .string(ByteString(key))], name: name ?? key
      ).output(0))
  }

  /// An operation that waits until its step is cancelled.
  func block(_ key: String, after trigger: AnyOutput? = nil) throws(StatusError) -> Output<Float> {
    let inputs = trigger.map { [$0] } ?? []
    return try Output(
      addOperation(
        "TestBlock", inputs: inputs,
        attributes: [
          "key": .string(ByteString(key)), "N": .int(Int64(inputs.count)), "T": .type(.float),
        ], name: key
      ).output(0))
  }

  /// An operation that fails.
  func fail(
    _ code: StatusError.Code = .invalidArgument, _ message: String = "as told",
    name: String = "failing"
  ) throws(StatusError) -> Output<Float> {
    try Output(
      addOperation(
        "TestFail",
        attributes: [
          "code": .int(Int64(code.rawValue)), "message": .string(ByteString(message)),
        ], name: name
      ).output(0))
  }

  func pair(_ x: Output<Float>, _ key: String) throws(StatusError) -> Weirloom.Operation {
    try addOperation(
      "TestPair", inputs: [x.erased], attributes: ["key": .string(ByteString(key))], name: key)
  }
}
