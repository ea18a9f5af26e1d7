public import LoomCore
import Synchronization

/// The standard keys of a graph's collections.
public enum CollectionKey {
  public static let globalVariables = "variables"
  public static let trainableVariables = "trainable_variables"
  public static let localVariables = "local_variables"
  public static let queueRunners = "queue_runners"
  public static let tableInitializers = "table_initializer"
  public static let initOp = "init_op"
  public static let localInitOp = "local_init_op"
  public static let readyOp = "ready_op"
  public static let savers = "savers"
  public static let summaries = "summaries"
  public static let updateOps = "update_ops"
  public static let losses = "losses"
  public static let regularizationLosses = "regularization_losses"
  public static let trainOp = "train_op"
  public static let globalStep = "global_step"
}

/// What a collection can filter by: items with a graph name.
public protocol NamedGraphItem {
  var name: String { get }
}

extension Operation: NamedGraphItem {}
extension AnyOutput: NamedGraphItem {}

/// A value made of operations of one graph. The graph can keep such values without keeping itself alive.
public protocol GraphBound: Sendable {
  var graph: Graph { get }
  /// What makes the same value from its graph, and does not hold the graph.
  var detached: @Sendable (Graph) -> Self { get }
}

/// A value of a collection as the graph keeps it.
enum CollectionItem: Sendable {
  case value(any Sendable)
  /// Made of operations of the graph that the collection belongs to.
  case bound(@Sendable (Graph) -> any Sendable)

  init(_ value: any Sendable, in graph: Graph) {
    guard let bound = value as? any GraphBound, bound.graph === graph else {
      self = .value(value)
      return
    }
    self = CollectionItem(bound)
  }

  private init<Bound: GraphBound>(_ value: Bound) {
    let detached = value.detached
    self = .bound { detached($0) }
  }

  func value(in graph: Graph) -> any Sendable {
    switch self {
    case .value(let value): value
    case .bound(let make): make(graph)
    }
  }
}

extension Graph {
  /// Appends a value to the collections of the given keys.
  ///
  /// A value that is ``GraphBound`` does not keep the graph alive; any other keeps what it holds.
  public func addToCollections(_ keys: [String], _ value: any Sendable) throws(StatusError) {
    let item = CollectionItem(value, in: self)
    try change { (state) throws(StatusError) in
      for key in keys { state.collections[key, default: []].append(item) }
    }
  }

  /// The items of a collection; with `scope` only those whose name begins with it.
  public func collection(_ key: String, scope: String? = nil) -> [any Sendable] {
    let items = state.withLock { $0.collections[key] ?? [] }.map { $0.value(in: self) }
    guard let scope else { return items }
    return items.filter { ($0 as? any NamedGraphItem)?.name.hasPrefix(scope) ?? false }
  }

  /// The items of one type.
  public func collection<Item: Sendable>(_ key: String, of type: Item.Type, scope: String? = nil)
    -> [Item]
  {
    collection(key, scope: scope).compactMap { $0 as? Item }
  }

  /// Keys of the collections that hold anything, sorted.
  public var collectionKeys: [String] {
    state.withLock { $0.collections.filter { !$0.value.isEmpty }.keys.sorted() }
  }

  public func clearCollection(_ key: String) throws(StatusError) {
    try change { (state) throws(StatusError) in state.collections[key] = nil }
  }
}
