#if Distributed
  package import LoomCore
  import LoomGraph
  package import LoomRuntime
  import Synchronization

  /// The other workers of a cluster, by their names. Connections are made when they are first used.
  package final class PeerWorkers: Sendable {
    private let cluster: ClusterSpec
    private let workers = Mutex<[String: RemoteWorker]>([:])

    private let credentials: ChannelCredentials

    /// - Parameter credentials: what this server shows to the others.
    package init(_ cluster: ClusterSpec, credentials: ChannelCredentials) {
      self.cluster = cluster
      self.credentials = credentials
    }

    /// The worker that has a device, or is named by a task: `/job:worker/replica:0/task:1`.
    ///
    /// - Throws: ``StatusError/Code/notFound`` if the cluster has no such task.
    package func worker(of device: String) throws(StatusError) -> RemoteWorker {
      let specification = try DeviceSpecification(device)
      guard let job = specification.job, let task = specification.task,
        let text = cluster.dictionary[job]?[task]
      else { throw .notFound("No worker known as \(device)") }
      let name = PeerWorkers.name(job: job, task: task)
      if let known = workers.withLock({ $0[name] }) { return known }
      let channel = try SharedChannels.shared.channel(
        to: ServerAddress(text), credentials: credentials, liveness: .peer)
      return workers.withLock { workers in
        if let known = workers[name] { return known }
        let made = RemoteWorker(name: name, channel: channel)
        workers[name] = made
        return made
      }
    }

    /// `/job:worker/replica:0/task:1`
    package static func name(job: String, task: Int) -> String {
      "/job:\(job)/replica:0/task:\(task)"
    }
  }
#endif
