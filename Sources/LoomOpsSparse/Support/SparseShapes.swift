import LoomCore
import LoomGraph

extension ShapeContext {
  /// Checks that three inputs from `first` on may be indices, values and sizes.
  func requireSparse(_ first: Int) throws(StatusError) {
    try requireRank(first, 2)
    try requireRank(first + 1, 1)
    try requireRank(first + 2, 1)
  }

  /// Sets three outputs to indices, values and sizes of a sparse tensor with unknown entries.
  func setSparse(_ first: Int, rank: Int?) {
    setOutput(first, [nil, rank])
    setOutput(first + 1, [nil])
    setOutput(first + 2, [rank])
  }
}
