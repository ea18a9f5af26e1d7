package import LoomCore
import LoomKernels

extension DirectEngine {
  /// An error for want of memory with what the session holds, if the run asked for that.
  @inline(never)
  package func reportingAllocations(_ error: StatusError, _ options: RunOptions) -> StatusError {
    guard options.reportsAllocationsWhenOutOfMemory, error.code == .resourceExhausted else {
      return error
    }
    var held: [(name: String, bytes: Int)] = []
    for entry in resources.all {
      // A variable without a value holds nothing.
      guard let cell = entry.resource as? VariableCell, let tensor = cell.current else { continue }
      let size = tensor.dtype.byteSize ?? MemoryLayout<ByteString>.stride
      held.append(("\(entry.name) \(tensor.dtype)\(tensor.shape)", size * tensor.elementCount))
    }
    held.sort { ($1.bytes, $0.name) < ($0.bytes, $1.name) }
    let lines = held.map { "\n  \($0.bytes) bytes from \($0.name)" }.joined()
    return StatusError(
      error.code,
      "\(error.reason)\n\nCurrent usage from device: \(devices.all[0].name), allocator: cpu: "
        + "\(budget.liveBytes) of \(budget.limit) bytes\(lines)",
      node: error.node)
  }
}
