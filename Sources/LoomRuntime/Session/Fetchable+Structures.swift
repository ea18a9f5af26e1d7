public import LoomCore

extension Array: Fetchable where Element: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) {
    for element in self { try element.flatten(into: &list) }
  }
  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> [Element.Fetched] {
    var result: [Element.Fetched] = []
    result.reserveCapacity(count)
    for element in self { result.append(try element.rebuild(from: &values)) }
    return result
  }
}

extension Dictionary: Fetchable where Key == String, Value: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) {
    for key in keys.sorted() { try self[key]?.flatten(into: &list) }
  }
  public func rebuild(
    from values: inout FetchedValues
  ) throws(StatusError) -> [String: Value.Fetched] {
    var result: [String: Value.Fetched] = [:]
    for key in keys.sorted() { result[key] = try self[key]?.rebuild(from: &values) }
    return result
  }
}

extension KeyValuePairs: Fetchable where Key == String, Value: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) {
    for (_, fetch) in self { try fetch.flatten(into: &list) }
  }
  /// The pairs in their own order.
  public func rebuild(
    from values: inout FetchedValues
  ) throws(StatusError) -> [(key: String, value: Value.Fetched)] {
    var result: [(key: String, value: Value.Fetched)] = []
    result.reserveCapacity(count)
    for (key, fetch) in self { result.append((key, try fetch.rebuild(from: &values))) }
    return result
  }
}

extension Optional: Fetchable where Wrapped: Fetchable {
  /// `nil` fetches nothing.
  public func flatten(into list: inout FetchList) throws(StatusError) {
    try self?.flatten(into: &list)
  }
  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> Wrapped.Fetched? {
    try self?.rebuild(from: &values)
  }
}

/// Several fetches of different types as one; what runs with more than one fetch are made of.
public struct FetchPack<each Part: Fetchable>: Fetchable {
  let parts: (repeat each Part)

  public init(_ parts: repeat each Part) { self.parts = (repeat each parts) }

  public func flatten(into list: inout FetchList) throws(StatusError) {
    for part in repeat each parts { try part.flatten(into: &list) }
  }

  public func rebuild(
    from values: inout FetchedValues
  ) throws(StatusError) -> (repeat (each Part).Fetched) {
    (repeat try (each parts).rebuild(from: &values))
  }
}

extension FetchPack: Sendable where repeat each Part: Sendable {}
