import Synchronization

/// A limit on tensor memory, with live and peak counters in bytes.
///
/// Thread-safe. An allocation that does not fit is refused with `resourceExhausted`; nothing that a
/// graph asks for reaches the system's allocator unchecked.
public final class MemoryBudget: Sendable {
  private let used = Atomic<Int>(0)
  private let highest = Atomic<Int>(0)
  /// The most bytes that may be live at once.
  public let limit: Int

  public init(limit: Int = .max) { self.limit = Swift.max(limit, 0) }

  /// The budget of everything that names none: half of what the address space could hold is the
  /// only limit.
  public static let unlimited = MemoryBudget(limit: .max / 2)

  /// Bytes live now.
  public var liveBytes: Int { used.load(ordering: .relaxed) }
  /// The most bytes that were ever live at once.
  public var peakBytes: Int { highest.load(ordering: .relaxed) }

  func reserve(_ bytes: Int) -> Bool {
    let (_, now) = used.add(bytes, ordering: .relaxed)
    if now > limit {
      used.subtract(bytes, ordering: .relaxed)
      return false
    }
    if now > highest.load(ordering: .relaxed) { highest.max(now, ordering: .relaxed) }
    return true
  }

  func release(_ bytes: Int) { used.subtract(bytes, ordering: .relaxed) }
}
