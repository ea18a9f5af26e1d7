#if Distributed
  import LoomCore
  import LoomRuntime
  import Synchronization

  /// Connections that sessions of this process share: one to each server that is in use.
  final class SharedChannels: Sendable {
    static let shared = SharedChannels()

    private struct Entry: Sendable { weak let channel: Channel? }
    private struct Key: Hashable, Sendable {
      let address: ServerAddress
      let credentials: ChannelCredentials
      let liveness: Liveness
      let compression: MessageCompression?
    }
    private let entries = Mutex<[Key: Entry]>([:])

    /// The connection of all who show a server the same credentials and expect the same of it.
    ///
    /// - Throws: ``StatusError/Code/invalidArgument`` if the address or a certificate is of no use.
    func channel(
      to address: ServerAddress, credentials: ChannelCredentials = .init(),
      liveness: Liveness = .client, compression: MessageCompression? = nil
    ) throws(StatusError) -> Channel {
      let key = Key(
        address: address, credentials: credentials, liveness: liveness, compression: compression)
      return try entries.withLock { (entries: inout sending [Key: Entry]) throws(StatusError) in
        if let known = entries[key]?.channel { return known }
        let made = try Channel(
          to: address, credentials: credentials, liveness: liveness, compression: compression)
        entries = entries.filter { $0.value.channel != nil }
        entries[key] = Entry(channel: made)
        return made
      }
    }
  }
#endif
