internal import Foundation
public import LoomCore

extension MemoryBudget {
  /// The budget of tensors that come from files and messages unless another is given: three quarters
  /// of the machine's memory, because a few bytes can ask for any number of elements.
  public static let files = MemoryBudget(
    limit: Int(clamping: ProcessInfo.processInfo.physicalMemory / 4 * 3))
}
