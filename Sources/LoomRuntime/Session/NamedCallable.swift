public import LoomCore
import LoomGraph

/// A run set up by the names of what it feeds and fetches; values go in and come out as lists.
///
/// Usable until the session closes, from any thread.
public struct NamedCallable: Sendable {
  let prepared: PreparedRun
  let options: RunOptions

  /// Runs one step: values in the order of the feeds, results in the order of the fetches.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for a wrong number of values, or another dtype than
  ///   that of the tensor fed; shapes are left to the ops. ``StatusError/Code/cancelled`` after the
  ///   session closed. What kernels throw.
  public func callAsFunction(_ values: [AnyTensor] = []) throws(StatusError) -> [AnyTensor] {
    try prepared.session.engine.checkOpen()
    return try prepared.run(values, options)
  }

  /// Runs one step and tells of the run.
  public func traced(
    _ values: [AnyTensor] = []
  ) throws(StatusError) -> (values: [AnyTensor], metadata: RunMetadata) {
    try prepared.session.engine.checkOpen()
    let (values, metadata) = try prepared.runTraced(values, options)
    return (values, metadata)
  }
}

extension Session {
  /// Resolves a run by names, to be called often.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for unknown names, a tensor that is fed twice or both
  ///   fed and fetched, connections that do not fit, devices that are not here, or nothing to run;
  ///   ``StatusError/Code/cancelled`` if the session is closed.
  public func makeCallable(_ options: CallableOptions) throws(StatusError) -> NamedCallable {
    try engine.checkOpen()
    var feeds: [AnyOutput] = []
    for name in options.feeds { feeds.append(try named(name)) }
    var list = FetchList(graph: graph)
    for name in options.fetches { try list.add(try named(name)) }
    for name in options.targets { try list.add(list.operation(named: name)) }
    guard !options.fetches.isEmpty || !options.targets.isEmpty else {
      throw .invalidArgument("Must specify at least one target to fetch or execute.")
    }
    var taken: Set<AnyOutput> = []
    for feed in feeds where !taken.insert(feed).inserted {
      throw .invalidArgument("Endpoint \"\(feed.name)\" fed more than once.")
    }
    for fetch in list.outputs where taken.contains(fetch) {
      throw .invalidArgument("\(fetch.name) is both fed and fetched.")
    }
    let connections = try resolve(options.connections, &taken)
    if !options.feedDevices.isEmpty || !options.fetchDevices.isEmpty {
      let devices = try engine.listDevices()
      for (name, device) in options.feedDevices {
        try checkHost(device, name, options.feeds, devices)
      }
      for (name, device) in options.fetchDevices {
        try checkHost(device, name, options.fetches, devices)
      }
    }
    let prepared = try PreparedRun(
      session: self, feeds: feeds, list: list, checksShapes: false, connections: connections,
      fixedOptions: options.runOptions)
    return NamedCallable(prepared: prepared, options: options.runOptions)
  }

  private func named(_ name: String) throws(StatusError) -> AnyOutput {
    do throws(StatusError) {
      return try graph.output(named: name.contains(":") ? name : name + ":0")
    } catch {
      throw .invalidArgument(
        "Tensor \(name), specified in either feed_devices or fetch_devices was not found in the "
          + "Graph: \(error.reason)")
    }
  }

  private func resolve(
    _ connections: [CallableOptions.Connection], _ taken: inout Set<AnyOutput>
  ) throws(StatusError) -> [RunSignature.Connection] {
    var result: [RunSignature.Connection] = []
    for connection in connections {
      let from = try named(connection.from)
      let to = try named(connection.to)
      guard taken.insert(to).inserted else {
        throw .invalidArgument("Endpoint \"\(to.name)\" fed more than once.")
      }
      guard from.dtype.base == to.dtype.base else {
        throw .invalidArgument(
          "Expected \(connection.to) to be connected to a tensor of \(to.dtype), got \(from.dtype)")
      }
      result.append(.init(from: from.endpoint, to: to.endpoint))
    }
    return result
  }

  private func checkHost(
    _ device: String, _ name: String, _ names: [String], _ devices: [DeviceAttributes]
  ) throws(StatusError) {
    guard names.contains(name) else {
      throw .invalidArgument(
        "Tensor \(name), specified in either feed_devices or fetch_devices is neither fed nor "
          + "fetched.")
    }
    let wanted = try DeviceSpecification(device)
    for known in devices where try DeviceSpecification(known.name).isCompatible(with: wanted) {
      return
    }
    throw .invalidArgument(
      "Cannot place tensor \(name) on device \(device): only CPU devices are here.")
  }
}
