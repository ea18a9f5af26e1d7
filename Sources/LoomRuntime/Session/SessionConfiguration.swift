/// How a session is to run.
public struct SessionConfiguration: Sendable {
  public var deviceCount: [String: Int] = [:]
  public var intraOpParallelismThreads = 0
  public var allowsSoftPlacement = false
  public var placesPrunedGraph = false
  public var memoryLimitBytes = Int.max / 2
  public init() {}
}

/// How one run is to run.
public struct RunOptions: Sendable {
  public var timeout: Duration?
  public var traces = false
  public init() {}
}
