import LoomCore
public import LoomGraph
import LoomOps
import LoomOpsFiles
import LoomRuntime
import LoomTraining

extension OpRegistry {
  /// Every op of this library.
  ///
  /// Building it can't fail for the declarations that ship: a test says so. Should it fail after a
  /// change, graphs know no ops and say which one is missing.
  public static let standard: OpRegistry = (try? makeStandard()) ?? .empty

  static func makeStandard() throws(StatusError) -> OpRegistry {
    try OpRegistry(
      builtInOps + FilesOps.all + TrainingOps.all + [PyFunc.self, PyFuncStateless.self])
  }
}

extension Graph {
  /// An empty graph that may use every op of this library.
  public convenience init() { self.init(registry: .standard) }

  /// An empty graph that may use the ops of `registry`.
  public convenience init(registry: OpRegistry) {
    self.init(registry: registry, evaluator: ConstantFolder())
  }
}
