import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Whether each target class is among the `k` classes with the highest prediction; ties at the border
/// count as inside, predictions that are not finite as outside.
public enum InTopKV2: OpDeclaration {
  public static let signature = OpSignature(
    "InTopKV2", inputs: ["predictions: float", "targets: T", "k: T"], outputs: ["precision: bool"],
    attributes: [
      "T: {int32, int64} = int32"
    ])
  public static let shapes = ShapeFunction { context in
    try context.setInTopKShape()
    try context.requireRank(2, 0)
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { _ in InTopKKernel(k: nil) }
}

/// Whether each target class is among the `k` classes with the highest prediction; `k` is an attribute.
public enum InTopK: OpDeclaration {
  public static let signature = OpSignature(
    "InTopK", inputs: ["predictions: float", "targets: T"], outputs: ["precision: bool"],
    attributes: [
      "k: int",
      "T: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction { try $0.setInTopKShape() }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { InTopKKernel(k: try $0.attributes.int("k")) }
}

extension ShapeContext {
  fileprivate func setInTopKShape() throws(StatusError) {
    let predictions = try requireRank(0, 2)
    let targets = try requireRank(1, 1)
    setOutput(0, [try ShapeContext.merge(predictions[0], targets[0])])
  }
}

private final class InTopKKernel: Kernel {
  let k: Int?

  init(k: Int?) { self.k = k }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let predictions = try context.input(0)
    let targets = try context.input(1)
    let k: Int
    if let fixed = self.k {
      k = fixed
    } else {
      let tensor = try context.input(2)
      guard tensor.shape.isScalar, let value = try tensor.integers().first else {
        throw .invalidArgument("k must be 0-D, got shape \(tensor.shape)")
      }
      k = value
    }
    guard predictions.shape.rank == 2 else {
      throw .invalidArgument("predictions must be 2-dimensional")
    }
    guard targets.shape.rank == 1 else {
      throw .invalidArgument("targets must be 1-dimensional")
    }
    let rows = predictions.shape[0]
    let classes = predictions.shape[1]
    guard rows == targets.shape[0] else {
      throw .invalidArgument(
        "First dimension of predictions \(rows) must match length of targets \(targets.shape[0])")
    }
    let labels = try targets.integers()
    let values = try predictions.span(of: Float.self)
    try context.makeOutput(0, of: Bool.self, shape: Shape(vector: rows)) {
      output throws(StatusError) in
      for row in 0..<rows {
        let label = labels[row]
        guard label >= 0, label < classes else {
          output[row] = false
          continue
        }
        let start = row &* classes
        let target = values[start &+ label]
        var isValid = target.isFinite
        var better = 0
        if isValid {
          for column in 0..<classes {
            let value = values[start &+ column]
            if !value.isFinite {
              isValid = false
              break
            }
            if value > target { better += 1 }
          }
        }
        output[row] = isValid && better < k
      }
    }
  }
}
