import Synchronization
import Weirloom

/// Something that opens once; whoever waits for it passes then. Tests use names of their own.
final class Gate: Sendable {
  private struct State {
    var isOpen = false
    var waiting: [Int: (PendingOutputs, AnyTensor)] = [:]
    var count = 0
  }
  private let state = Mutex(State())
  private static let gates = Mutex<[String: Gate]>([:])

  static func named(_ name: String) -> Gate {
    gates.withLock { gates in
      let gate = gates[name] ?? Gate()
      gates[name] = gate
      return gate
    }
  }

  /// How many wait now.
  var waitingCount: Int { state.withLock { $0.waiting.count } }
  /// How many ever came.
  var count: Int { state.withLock { $0.count } }

  func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [:] }
      return state.waiting.values
    }
    for (outputs, value) in waiting { outputs.finish(.success([value])) }
  }

  fileprivate func pass(_ value: AnyTensor, _ wakeup: StepWakeup) -> (any Suspension)? {
    state.withLock { state in
      state.count += 1
      if state.isOpen { return nil }
      let number = state.count
      let pending = PendingOutputs(
        wakeup: wakeup, summary: { "a closed gate" },
        onCancel: { [self] in withdraw(number) })
      state.waiting[number] = (pending, value)
      return pending
    }
  }

  private func withdraw(_ number: Int) {
    state.withLock { _ = $0.waiting.removeValue(forKey: number) }
  }
}

/// Passes its input on when the gate is open.
enum TestPass: OpDefinition, KernelProvider {
  static let signature = OpSignature(
    "TestPass", inputs: ["x: T"], outputs: ["y: T"], attributes: ["T: type", "gate: string"],
    isStateful: true)
  static let shapes = ShapeFunction.unchanged
  static let gradient = GradientRule.undefined
  static let kernels = KernelTable { construction in
    PassKernel(Gate.named(try construction.attributes.string("gate")))
  }

  private final class PassKernel: AsyncKernel {
    private let gate: Gate
    init(_ gate: Gate) { self.gate = gate }

    func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
      let value = try context.input(0)
      if let suspension = gate.pass(value, context.services.wakeup) { return suspension }
      try context.setOutput(0, value)
      return nil
    }
  }
}

/// Opens a gate.
enum TestOpen: OpDefinition, KernelProvider {
  static let signature = OpSignature(
    "TestOpen", inputs: ["x: T"], outputs: ["y: T"], attributes: ["T: type", "gate: string"],
    isStateful: true)
  static let shapes = ShapeFunction.unchanged
  static let gradient = GradientRule.undefined
  static let kernels = KernelTable { construction in
    let gate = Gate.named(try construction.attributes.string("gate"))
    return ClosureKernel { context in
      gate.open()
      try context.forward(0, to: 0)
    }
  }
}

extension OpRegistry {
  static func withGates() throws(StatusError) -> OpRegistry {
    try OpRegistry.standard.adding(TestPass.self, TestOpen.self)
  }
}

extension Graph {
  /// `x`, when the gate is open.
  func pass(_ x: AnyOutput, _ gate: String, name: String? = nil) throws(StatusError) -> AnyOutput {
    try addOperation(
      "TestPass", inputs: [x], attributes: ["gate": .string(ByteString(gate))], name: name
    ).output(0)
  }

  /// `x`; opens the gate.
  func open(_ x: AnyOutput, _ gate: String) throws(StatusError) -> AnyOutput {
    try addOperation(
      "TestOpen", inputs: [x], attributes: ["gate": .string(ByteString(gate))]
    ).output(0)
  }
}
