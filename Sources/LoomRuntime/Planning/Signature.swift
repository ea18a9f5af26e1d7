package import LoomGraph

/// What a run asks for, by ids: the key of the plan cache.
package struct RunSignature: Hashable, Sendable {
  package var feeds: [Node.Endpoint]
  package var fetches: [Node.Endpoint]
  /// Operations that must run though nothing of them is fetched.
  package var targets: [Int]
  /// Tensors whose readers get another tensor instead.
  package var connections: [Connection]

  package struct Connection: Hashable, Sendable {
    package var from: Node.Endpoint
    package var to: Node.Endpoint

    package init(from: Node.Endpoint, to: Node.Endpoint) {
      self.from = from
      self.to = to
    }
  }

  package init(
    feeds: [Node.Endpoint], fetches: [Node.Endpoint], targets: [Int],
    connections: [Connection] = []
  ) {
    self.feeds = feeds
    self.fetches = fetches
    self.targets = targets
    self.connections = connections
  }
}
