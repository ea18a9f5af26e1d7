import LoomCore
import LoomGraph
import LoomOpsSupport

/// The gradients of FusedBatchNormGrad for its gradient, its images and its scale.
///
/// With `x̂ = (x - mean) r`, `r = 1 / sqrt(variance + ε)` and `P(v) = v - M(v) - x̂ M(v x̂)`, where `M` is
/// the mean over all but the channels, the op computes `s r P(dy)`, `Σ dy x̂` and `Σ dy`. For upstream
/// gradients `A`, `B`, `C` and `G = B dy - s r (dy M(A x̂) + A M(dy x̂))` that gives, as `P` is symmetric:
///
///     dy: s r P(A) + B x̂ + C
///     x:  r P(G) - s r² x̂ M(A P(dy))
///     s:  r Σ A P(dy)
///
/// With given moments `P` is the identity and nothing but `x̂` depends on `x`.
func secondGradient(_ context: GradientContext) throws -> [AnyOutput?] {
  let layout = try BatchNormLayout(context.attributes)
  let isTraining = try context.attributes.bool("is_training")
  let dtype = try context.input(1).dtype.base
  func wide(_ tensor: AnyOutput) throws -> AnyOutput { try context.cast(tensor, to: .float) }

  let axes = try context.constant(
    (0..<layout.rank).filter { $0 != layout.layout.channel(rank: layout.rank) })
  func mean(_ value: AnyOutput) throws -> AnyOutput {
    try context.build("Mean", [value, axes], ["keep_dims": true])
  }
  let channelShape = try context.constant(
    layout.layout.spread([1, 1, 1].suffix(layout.rank - 2))
      .enumerated().map { $0.offset == layout.layout.channel(rank: layout.rank) ? -1 : $0.element })
  func spread(_ vector: AnyOutput) throws -> AnyOutput {
    layout.layout == .channelsFirst ? try context.reshape(vector, channelShape) : vector
  }

  let dy = try wide(context.input(0))
  let x = try wide(context.input(1))
  let scale = try spread(context.input(2))
  let a = try wide(context.upstream(0))
  let b = try spread(context.upstream(1))
  let c = try spread(context.upstream(2))
  let epsilon = try context.constant(Double(context.attributes.float("epsilon")), .float)

  let center = try isTraining ? mean(x) : spread(context.input(3))
  let centered = try context.sub(x, center)
  let variance = try isTraining ? mean(context.square(centered)) : spread(context.input(4))
  let r = try context.build("Rsqrt", [context.add(variance, epsilon)])
  let normal = try context.mul(centered, r)
  let scaled = try context.mul(scale, r)

  func project(_ value: AnyOutput) throws -> AnyOutput {
    guard isTraining else { return value }
    let share = try mean(context.mul(value, normal))
    return try context.sub(context.sub(value, mean(value)), context.mul(normal, share))
  }

  let projected = try context.mul(a, project(dy))
  let forGradient = try context.add(
    context.add(context.mul(scaled, project(a)), context.mul(b, normal)), c)
  var forNormal = try context.mul(b, dy)
  if isTraining {
    let both = try context.add(
      context.mul(dy, mean(context.mul(a, normal))), context.mul(a, mean(context.mul(dy, normal))))
    forNormal = try context.sub(forNormal, context.mul(scaled, both))
  }
  var forImages = try context.mul(r, project(forNormal))
  if isTraining {
    let share = try context.mul(context.mul(scaled, r), mean(projected))
    forImages = try context.sub(forImages, context.mul(normal, share))
  }
  let flat = try context.constant([-1])
  let forScale = try context.reshape(
    context.sum(context.mul(r, projected), axes, keepingDimensions: true), flat)
  let results: [AnyOutput?] = [
    try context.cast(forGradient, to: dtype), try context.cast(forImages, to: dtype), forScale,
  ]
  return results + [AnyOutput?](repeating: nil, count: context.inputs.count - 3)
}
