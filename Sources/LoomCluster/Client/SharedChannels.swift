#if Distributed
  import LoomCore
  import Synchronization

  /// Connections that sessions of this process share: one to each server that is in use.
  final class SharedChannels: Sendable {
    static let shared = SharedChannels()

    private struct Entry: Sendable { weak let channel: Channel? }
    private let entries = Mutex<[ServerAddress: Entry]>([:])

    /// - Throws: ``StatusError/Code/invalidArgument`` if the address is of no use.
    func channel(to address: ServerAddress) throws(StatusError) -> Channel {
      try entries.withLock { (entries: inout sending [ServerAddress: Entry]) throws(StatusError) in
        if let known = entries[address]?.channel { return known }
        let made = try Channel(to: address)
        entries = entries.filter { $0.value.channel != nil }
        entries[address] = Entry(channel: made)
        return made
      }
    }
  }
#endif
