import LoomCore

/// What nodes of unknown ops put out, as far as their consumers tell.
struct UnknownOpOutputs {
  private struct Use {
    var consumer: Int
    var slot: Int
    var output: Int
  }

  private let expectedInputs: (Int) -> [DType]?
  private var uses: [Int: [Use]] = [:]

  /// - Parameter expectedInputs: the dtypes that the node at a position wants; `nil` if unknown.
  init(
    _ plan: ImportPlan, _ definitions: [NodeDefinition],
    expectedInputs: @escaping (Int) -> [DType]?
  ) {
    self.expectedInputs = expectedInputs
    for (consumer, item) in plan.items.enumerated() {
      for (slot, input) in item.inputs.enumerated() where input.node >= plan.base {
        uses[input.node - plan.base, default: []].append(
          Use(consumer: consumer, slot: slot, output: input.index))
      }
    }
  }

  /// More outputs than any op has: an index beyond is a fault of the definition.
  private static let maximumOutputs = 1 << 16

  /// The dtypes of the outputs at `position`: as many as are used, at least one so that the node can
  /// be fetched (and then says what it lacks). Outputs of which nothing is known are variants.
  func types(at position: Int, atLeast requested: Int?) -> [DType] {
    let uses = uses[position] ?? []
    let highest = Swift.max(uses.map(\.output).max() ?? 0, requested ?? 0)
    var result = [DType?](
      repeating: nil, count: Swift.min(highest + 1, UnknownOpOutputs.maximumOutputs))
    for use in uses where result.indices.contains(use.output) {
      guard let expected = expectedInputs(use.consumer), expected.indices.contains(use.slot) else {
        continue
      }
      let type = expected[use.slot]
      // A reference satisfies those who want a value as well.
      if result[use.output] == nil || type.isReference { result[use.output] = type }
    }
    return result.map { $0 ?? .variant }
  }
}
