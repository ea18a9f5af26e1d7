package import LoomGraph

/// What a run asks for, by ids: the key of the plan cache.
package struct RunSignature: Hashable, Sendable {
  package var feeds: [Node.Endpoint]
  package var fetches: [Node.Endpoint]
  /// Operations that must run though nothing of them is fetched.
  package var targets: [Int]

  package init(feeds: [Node.Endpoint], fetches: [Node.Endpoint], targets: [Int]) {
    self.feeds = feeds
    self.fetches = fetches
    self.targets = targets
  }
}
