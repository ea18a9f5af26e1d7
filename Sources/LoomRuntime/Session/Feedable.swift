public import LoomCore
public import LoomGraph

/// Something that can be fed: a tensor, or a structure of tensors.
///
/// A type of your own takes part by naming its tensors and taking a value apart.
public protocol Feedable {
  associatedtype Value
  /// The tensors this stands for, in a fixed order.
  var feedParts: [AnyOutput] { get }
  /// Appends the value of each of those tensors, in the same order.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the value does not fit.
  func split(_ value: Value, into tensors: inout [AnyTensor]) throws(StatusError)
}

extension Feedable {
  /// Feeds a value.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the value does not fit, or a tensor stands twice.
  public func feed(_ value: Value) throws(StatusError) -> Feed {
    var tensors: [AnyTensor] = []
    try split(value, into: &tensors)
    return try Feed(parts: feedParts, tensors)
  }
}

extension Feed {
  /// The parts of a key with their values.
  fileprivate init(parts outputs: [AnyOutput], _ tensors: [AnyTensor]) throws(StatusError) {
    guard outputs.count == tensors.count else {
      throw .internal("A feed of \(outputs.count) tensors was split into \(tensors.count)")
    }
    var seen: Set<AnyOutput> = []
    for output in outputs where !seen.insert(output).inserted {
      throw .invalidArgument(
        "Cannot flatten dict because this key is not unique: \(output.name)")
    }
    self.init(parts: zip(outputs, tensors).map { .init(key: .output($0), value: .tensor($1)) })
  }
}

extension Output: Feedable {
  public var feedParts: [AnyOutput] { [erased] }

  public func split(_ value: Tensor<Scalar>, into tensors: inout [AnyTensor]) throws(StatusError) {
    tensors.append(value.erased)
  }
}

extension AnyOutput: Feedable {
  public var feedParts: [AnyOutput] { [self] }

  public func split(_ value: AnyTensor, into tensors: inout [AnyTensor]) throws(StatusError) {
    tensors.append(value)
  }
}

extension Array: Feedable where Element: Feedable {
  public var feedParts: [AnyOutput] { flatMap(\.feedParts) }

  /// - Throws: ``StatusError/Code/invalidArgument`` if there are more or fewer values than keys.
  public func split(
    _ value: [Element.Value], into tensors: inout [AnyTensor]
  ) throws(StatusError) {
    guard value.count == count else {
      throw .invalidArgument("Expected \(count) values to feed, got \(value.count)")
    }
    for (key, value) in zip(self, value) { try key.split(value, into: &tensors) }
  }
}

/// Several keys of different types as one: fed with a tuple of their values.
public struct FeedPack<each Key: Feedable>: Feedable {
  let keys: (repeat each Key)

  public init(_ keys: repeat each Key) { self.keys = (repeat each keys) }

  public var feedParts: [AnyOutput] {
    var result: [AnyOutput] = []
    for key in repeat each keys { result += key.feedParts }
    return result
  }

  public func split(
    _ value: (repeat (each Key).Value), into tensors: inout [AnyTensor]
  ) throws(StatusError) {
    repeat try (each keys).split(each value, into: &tensors)
  }

  /// Feeds a value for each key.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if a value does not fit, or a tensor stands twice.
  public func feed(_ values: repeat (each Key).Value) throws(StatusError) -> Feed {
    var tensors: [AnyTensor] = []
    repeat try (each keys).split(each values, into: &tensors)
    return try Feed(parts: feedParts, tensors)
  }
}
