public import LoomCore

/// The filter of a convolution in the layout its plan prefers.
///
/// Made by ``ConvolutionPlan/pack(_:)`` for a filter that does not change, so that a run need not
/// rearrange it. Belongs to the plan that made it; any number of runs may share it.
public final class PackedFilter<Scalar: FloatingScalar>: Sendable {
  enum Storage: Sendable {
    case plain([Scalar])
    case widened(PackedFilter<Float>)
    #if OneDNN
      case oneDNN(OneDNNWeights)
    #endif
  }

  let storage: Storage

  init(_ storage: Storage) { self.storage = storage }
}
