package import LoomCore
package import LoomGraph

/// Feeds and fetches after every check that needs no runtime: ids in a canonical order.
package struct Resolution: Sendable {
  package let signature: RunSignature
  /// For each feed of the signature: which of the given feeds it is.
  let feedOrder: [Int]
  /// For each listed fetch: which result of the signature it is.
  let fetchOrder: [Int]

  package init(feeds: [AnyOutput], list: FetchList) {
    let keys = feeds.map { Node.Endpoint(node: $0.operation.id, index: $0.index) }
    // The last of two feeds of one tensor wins.
    var lastUse: [Node.Endpoint: Int] = [:]
    for (index, key) in keys.enumerated() { lastUse[key] = index }
    let sorted = lastUse.keys.sorted { ($0.node, $0.index) < ($1.node, $1.index) }
    feedOrder = sorted.map { lastUse[$0] ?? 0 }
    var fetches: [Node.Endpoint] = []
    var positions: [Node.Endpoint: Int] = [:]
    var order: [Int] = []
    for output in list.outputs {
      let endpoint = Node.Endpoint(node: output.operation.id, index: output.index)
      if let known = positions[endpoint] {
        order.append(known)
      } else {
        positions[endpoint] = fetches.count
        order.append(fetches.count)
        fetches.append(endpoint)
      }
    }
    fetchOrder = order
    signature = RunSignature(
      feeds: sorted, fetches: fetches, targets: Array(Set(list.targets.map(\.id))).sorted())
  }

  /// Whether nothing has to run: every fetch is fed and there are no targets.
  var isTrivial: Bool {
    signature.targets.isEmpty && signature.fetches.allSatisfy(Set(signature.feeds).contains)
  }

  func feedValues(_ given: [AnyTensor]) -> [AnyTensor] { feedOrder.map { given[$0] } }

  package func results(_ values: [AnyTensor]) -> [AnyTensor] { fetchOrder.map { values[$0] } }

  /// The results of a trivial run.
  func trivialResults(_ given: [AnyTensor]) -> [AnyTensor] {
    let values = Dictionary(
      zip(signature.feeds, feedValues(given)), uniquingKeysWith: { a, _ in a })
    return fetchOrder.compactMap { values[signature.fetches[$0]] }
  }
}

/// Checks of feeds.
package enum FeedCheck {
  /// The tensor a feed names.
  package static func output(
    _ key: Feed.Key, in graph: Graph
  ) throws(StatusError) -> AnyOutput {
    switch key {
    case .output(let output):
      guard output.graph === graph else {
        throw .invalidArgument(
          "Cannot interpret feed_dict key as Tensor: Tensor \(output.name) is not an element of "
            + "this graph.")
      }
      guard output.index >= 0, output.index < output.operation.outputCount else {
        throw .invalidArgument(
          "Cannot interpret feed_dict key as Tensor: operation '\(output.operation.name)' has no "
            + "output \(output.index).")
      }
      return output
    case .name(let name):
      do throws(StatusError) { return try graph.output(named: name) } catch {
        throw .invalidArgument("Cannot interpret feed_dict key as Tensor: \(error.reason)")
      }
    }
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the value does not fit the tensor.
  package static func check(
    _ value: AnyTensor, for output: AnyOutput, in graph: Graph
  ) throws(StatusError) {
    guard graph.isFeedable(output) else {
      throw .invalidArgument("Tensor \(output.name) may not be fed.")
    }
    let dtype = output.dtype.base
    guard value.dtype == dtype else {
      throw .invalidArgument(
        "Cannot feed value of dtype \(value.dtype) for Tensor '\(output.name)', which has dtype "
          + "\(dtype)")
    }
    guard output.shape.isCompatible(with: value.shape) else {
      throw .invalidArgument(
        "Cannot feed value of shape \(value.shape) for Tensor '\(output.name)', which has shape "
          + "'\(output.shape)'")
    }
  }
}
