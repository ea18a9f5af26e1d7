public import LoomCore
import Synchronization

/// The counter-based random generator Philox 4×32 with ten rounds.
///
/// A position is a 64-bit key and a 128-bit counter; each step turns them into a block of four words
/// and adds one to the counter, so any position can be reached at once.
///
/// - SeeAlso: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, Parallel random numbers: as easy as
///   1, 2, 3 (2011).
public struct Philox: Sendable, Hashable {
  public var key: UInt64
  /// The lower half of the counter.
  public var low: UInt64
  /// The upper half of the counter.
  public var high: UInt64

  @inlinable public init(key: UInt64, low: UInt64 = 0, high: UInt64 = 0) {
    self.key = key
    self.low = low
    self.high = high
  }

  /// Where ops with the attributes `seed` and `seed2` begin; two zeros ask for entropy.
  public init(seed: Int, seed2: Int) {
    if seed == 0 && seed2 == 0 {
      self.init(key: .random(in: 0 ... .max), high: .random(in: 0 ... .max))
    } else {
      self.init(key: UInt64(bitPattern: Int64(seed)), high: UInt64(bitPattern: Int64(seed2)))
    }
  }

  /// Where ops that take a pair of seeds as an input begin: the pair is scrambled by one block.
  public init(scrambling first: UInt64, _ second: UInt64) {
    var generator = Philox(key: 0x0246_1e29_3ec8_f720, low: first, high: second)
    let words = generator.next()
    self.init(
      key: UInt64(words[0]) | UInt64(words[1]) << 32,
      high: UInt64(words[2]) | UInt64(words[3]) << 32)
  }

  /// Moves on by `count` blocks.
  @inlinable public mutating func skip(_ count: UInt64) {
    let (sum, overflow) = low.addingReportingOverflow(count)
    low = sum
    if overflow { high &+= 1 }
  }

  /// The position `count` blocks further on.
  @inlinable public func skipping(_ count: UInt64) -> Philox {
    var result = self
    result.skip(count)
    return result
  }

  /// The next block.
  @inlinable public mutating func next() -> SIMD4<UInt32> {
    var c0 = UInt32(truncatingIfNeeded: low)
    var c1 = UInt32(truncatingIfNeeded: low >> 32)
    var c2 = UInt32(truncatingIfNeeded: high)
    var c3 = UInt32(truncatingIfNeeded: high >> 32)
    var k0 = UInt32(truncatingIfNeeded: key)
    var k1 = UInt32(truncatingIfNeeded: key >> 32)
    for _ in 0..<10 {
      let p0 = 0xD251_1F53 &* UInt64(c0)
      let p1 = 0xCD9E_8D57 &* UInt64(c2)
      c0 = UInt32(truncatingIfNeeded: p1 >> 32) ^ c1 ^ k0
      c1 = UInt32(truncatingIfNeeded: p1)
      c2 = UInt32(truncatingIfNeeded: p0 >> 32) ^ c3 ^ k1
      c3 = UInt32(truncatingIfNeeded: p0)
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    skip(1)
    return SIMD4(c0, c1, c2, c3)
  }
}

/// The words of a generator one by one.
public struct PhiloxWords: Sendable {
  @usableFromInline var generator: Philox
  @usableFromInline var block: SIMD4<UInt32> = .zero
  @usableFromInline var used = 4

  @inlinable public init(_ generator: Philox) { self.generator = generator }

  @inlinable public mutating func next() -> UInt32 {
    if used == 4 {
      block = generator.next()
      used = 0
    }
    used &+= 1
    return block[used &- 1]
  }
}

/// The generator of one random node. It lives as long as the session, so that each run goes on where
/// the last one stopped; in functions that an iterator calls, as long as the iterator. Thread-safe.
public final class PhiloxSource: Sendable {
  /// Where the generator stands.
  private final class Position: Resource {
    private let position: Mutex<Philox>

    init(_ start: Philox) { position = Mutex(start) }

    func reserve(_ blocks: Int) -> Philox {
      position.withLock { position in
        let result = position
        position.skip(UInt64(truncatingIfNeeded: blocks))
        return result
      }
    }

    var summary: String { "random generator" }
  }

  /// The container of these positions in a session's resources.
  public static let container = "_random"

  private let seeds: (Int, Int)
  private let name: String
  private let session: Position
  /// The private state that was met last, and the position in it.
  private let latest = Mutex<(state: ResourceManager, position: Position)?>(nil)

  /// A generator that begins anew with the kernel.
  public init(seed: Int, seed2: Int) {
    seeds = (seed, seed2)
    name = ""
    session = Position(Philox(seed: seed, seed2: seed2))
  }

  /// The generator of the node a kernel is made for.
  public static func make(_ construction: KernelConstruction) throws(StatusError) -> PhiloxSource {
    try PhiloxSource(construction)
  }

  private init(_ construction: KernelConstruction) throws(StatusError) {
    let seeds = try (construction.attributes.int("seed"), construction.attributes.int("seed2"))
    self.seeds = seeds
    name = construction.privateName
    session = try PhiloxSource.position(name, seeds, in: construction.resources)
  }

  private static func position(
    _ name: String, _ seeds: (Int, Int), in resources: ResourceManager
  ) throws(StatusError) -> Position {
    try resources.findOrMake(Position.self, container: container, name: name) {
      () throws(StatusError) in Position(Philox(seed: seeds.0, seed2: seeds.1))
    }
  }

  /// The present position, after which `blocks` blocks are nobody else's.
  ///
  /// - Parameter services: of the step that draws.
  public func reserve(_ blocks: Int, _ services: StepServices) throws(StatusError) -> Philox {
    guard let state = services.privateState, !name.isEmpty else { return session.reserve(blocks) }
    let position = try latest.withLock { (latest) throws(StatusError) -> Position in
      if let latest, latest.state === state { return latest.position }
      let position = try PhiloxSource.position(name, seeds, in: state)
      latest = (state, position)
      return position
    }
    return position.reserve(blocks)
  }
}
