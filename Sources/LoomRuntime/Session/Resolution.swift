package import LoomCore
package import LoomGraph

/// Feeds and fetches after every check that needs no runtime: ids in a canonical order.
package struct Resolution: Sendable {
  package let signature: RunSignature
  /// For each feed of the signature: which of the given feeds it is.
  private let feedOrder: [Int]
  /// For each listed fetch: which result of the signature it is; `nil` if it is that result in order.
  private let fetchOrder: [Int]?
  /// Whether the given feeds stand in the signature's order.
  private let feedsAreInOrder: Bool

  package init(feeds: [AnyOutput], list: FetchList, connections: [RunSignature.Connection] = []) {
    let keys = feeds.map(\.endpoint)
    // The last of two feeds of one tensor wins.
    var lastUse: [Node.Endpoint: Int] = [:]
    for (index, key) in keys.enumerated() { lastUse[key] = index }
    let sorted = lastUse.keys.sorted { ($0.node, $0.index) < ($1.node, $1.index) }
    feedOrder = sorted.map { lastUse[$0] ?? 0 }
    feedsAreInOrder = feedOrder == Array(feeds.indices)
    var fetches: [Node.Endpoint] = []
    var positions: [Node.Endpoint: Int] = [:]
    var order: [Int] = []
    for output in list.outputs {
      let endpoint = output.endpoint
      if let known = positions[endpoint] {
        order.append(known)
      } else {
        positions[endpoint] = fetches.count
        order.append(fetches.count)
        fetches.append(endpoint)
      }
    }
    fetchOrder = order == Array(fetches.indices) ? nil : order
    signature = RunSignature(
      feeds: sorted, fetches: fetches, targets: Set(list.targets.map(\.id)).sorted(),
      connections: connections)
  }

  /// Whether nothing has to run: every fetch is fed and there are no targets.
  package var isTrivial: Bool {
    signature.targets.isEmpty && signature.fetches.allSatisfy(Set(signature.feeds).contains)
  }

  /// The given feeds in the signature's order.
  package func feedValues(_ given: [AnyTensor]) -> [AnyTensor] {
    feedsAreInOrder ? given : feedOrder.map { given[$0] }
  }

  /// The results of the signature as they were listed.
  package func results(_ values: [AnyTensor]) -> [AnyTensor] {
    fetchOrder.map { $0.map { values[$0] } } ?? values
  }

  /// The results of a trivial run.
  package func trivialResults(_ given: [AnyTensor]) -> [AnyTensor] {
    let values = Dictionary(
      zip(signature.feeds, feedValues(given)), uniquingKeysWith: { first, _ in first })
    return results(signature.fetches.compactMap { values[$0] })
  }
}
