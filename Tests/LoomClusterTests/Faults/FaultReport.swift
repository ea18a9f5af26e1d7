#if Distributed
  import Foundation

  /// How long errors and recoveries took, by fault.
  struct FaultReport: CustomStringConvertible {
    private var errors: [Fault: [Duration]] = [:]
    private var recoveries: [Fault: [Duration]] = [:]

    mutating func add(_ fault: Fault, toError time: Duration) {
      errors[fault, default: []].append(time)
    }

    mutating func add(_ fault: Fault, toRecovery time: Duration) {
      recoveries[fault, default: []].append(time)
    }

    /// The longest time to an error.
    var worst: Duration? { errors.values.joined().max() }

    /// The longest of the kinds' shortest.
    var best: Duration? { errors.values.compactMap { $0.min() }.max() }

    var description: String {
      Fault.allCases.compactMap { fault in
        guard let errors = errors[fault], let recoveries = recoveries[fault] else { return nil }
        return "\(fault.rawValue): \(errors.count) rounds, error after \(text(errors)), "
          + "new session after \(text(recoveries))"
      }.joined(separator: "\n")
    }

    private func text(_ times: [Duration]) -> String {
      let sorted = times.sorted()
      func seconds(_ time: Duration) -> String {
        String(format: "%.2f s", time / .seconds(1))
      }
      return "\(seconds(sorted[sorted.count / 2])) (at most \(seconds(sorted[sorted.count - 1])))"
    }
  }
#endif
