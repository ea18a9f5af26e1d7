/// Follows all paths of a program at once, so that no text takes longer than its length times that of
/// the program. Keeps its memory from run to run.
struct RegexMachine {
  private let program: RegexProgram
  /// Places where a run remembers positions: two for the match and two for each group, or none.
  private let slotCount: Int
  private var current = Threads()
  /// What paths come to at the next position.
  private var following = Threads()
  /// For each instruction, the position at which it was last reached.
  private var marks: [Int]
  private var generation = 0
  private var stack: [Step] = []
  /// The positions of the path that is being followed; -1 for none.
  private var slots: [Int]

  /// The paths that are alive at one position, in the order of preference.
  private struct Threads {
    var places: [Int] = []
    /// The slots of all paths, one after the other.
    var slots: [Int] = []

    mutating func clear() {
      places.removeAll(keepingCapacity: true)
      slots.removeAll(keepingCapacity: true)
    }
  }

  private enum Step {
    case follow(Int)
    /// Behind the paths of a `save`: what the slot held before.
    case restore(slot: Int, position: Int)
  }

  init(_ program: RegexProgram, keepsGroups: Bool) {
    self.program = program
    slotCount = keepsGroups ? 2 * (program.groupCount + 1) : 0
    marks = [Int](repeating: -1, count: program.instructions.count)
    slots = [Int](repeating: -1, count: slotCount)
  }

  /// The first match at or behind character `start`, of those the preferred one.
  ///
  /// - Returns: begin and end of the match and of each group, in characters, -1 for groups that took no
  ///   part; empty if groups are not kept; `nil` if nothing matches.
  mutating func run(
    _ subject: RegexMatcher.Subject, from start: Int, isAnchored: Bool, mustReachEnd: Bool
  ) -> [Int]? {
    let count = subject.scalars.count
    var best: [Int]?
    following.clear()
    generation += 1
    var position = start
    while position <= count {
      // A new attempt ranks behind those under way; none begins behind a match.
      if best == nil, !isAnchored || position == start {
        for slot in slots.indices { slots[slot] = -1 }
        add(0, subject, position)
      }
      if following.places.isEmpty, isAnchored || best != nil { break }
      swap(&current, &following)
      following.clear()
      generation += 1
      let scalar = position < count ? subject.scalars[position] : nil
      threads: for index in current.places.indices {
        let place = current.places[index]
        switch program.instructions[place] {
        case .characters(let set):
          if let scalar, program.classes[set].contains(scalar) {
            take(index)
            add(place + 1, subject, position + 1)
          }
        case .byte:
          if scalar != nil {
            take(index)
            add(place + 1, subject, position + 1)
          }
        case .match:
          if mustReachEnd, position < count { continue threads }
          take(index)
          best = slots
          // Everything behind a match is less preferred.
          break threads
        default: continue threads
        }
      }
      position += 1
    }
    return best
  }

  /// Makes the slots of a path those that are followed.
  private mutating func take(_ index: Int) {
    for slot in 0..<slotCount { slots[slot] = current.slots[index * slotCount + slot] }
  }

  /// Follows everything that consumes nothing from `place`; a stack, so that no pattern is too deep.
  private mutating func add(
    _ place: Int, _ subject: RegexMatcher.Subject, _ position: Int
  ) {
    stack.removeAll(keepingCapacity: true)
    stack.append(.follow(place))
    while let step = stack.popLast() {
      guard case .follow(let place) = step else {
        if case .restore(let slot, let position) = step { slots[slot] = position }
        continue
      }
      guard marks[place] != generation else { continue }
      marks[place] = generation
      switch program.instructions[place] {
      case .jump(let target): stack.append(.follow(target))
      case .split(let first, let second):
        stack.append(.follow(second))
        stack.append(.follow(first))
      case .save(let slot):
        if slot < slotCount {
          stack.append(.restore(slot: slot, position: slots[slot]))
          slots[slot] = position
        }
        stack.append(.follow(place + 1))
      case .assertion(let assertion):
        if RegexMachine.holds(assertion, subject, position) { stack.append(.follow(place + 1)) }
      case .characters, .byte, .match:
        following.places.append(place)
        following.slots += slots
      }
    }
  }

  private static func holds(
    _ assertion: RegexAssertion, _ subject: RegexMatcher.Subject, _ position: Int
  ) -> Bool {
    let scalars = subject.scalars
    let isWordBefore = position > 0 && isWord(scalars[position - 1])
    let isWordAfter = position < scalars.count && isWord(scalars[position])
    switch assertion {
    case .beginningOfText: return position == 0
    case .endOfText: return position == scalars.count
    case .beginningOfLine: return position == 0 || scalars[position - 1] == 0x0A
    case .endOfLine: return position == scalars.count || scalars[position] == 0x0A
    case .wordBoundary: return isWordBefore != isWordAfter
    case .noWordBoundary: return isWordBefore == isWordAfter
    }
  }

  private static func isWord(_ scalar: UInt32) -> Bool {
    RegexClass.words.contains { $0.contains(scalar) }
  }
}
