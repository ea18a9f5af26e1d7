import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// How scattered updates combine with what a variable holds.
protocol ScatterRule: SendableMetatype {
  /// `Add` in `ScatterAdd`.
  static var name: String { get }
  /// Allowed dtypes as the op on references spells them, for rows and for single places.
  static var types: String { get }
  static var ndTypes: String { get }
  /// Allowed dtypes of the op on resources.
  static var resourceTypes: String { get }
  static var kernels: KernelTable { get }
  static var resourceKernels: KernelTable { get }
  static var ndKernels: KernelTable { get }
  static var gradient: GradientRule { get }
  static var ndGradient: GradientRule { get }
  /// Replacing locks by default, the others do not.
  static var locksByDefault: Bool { get }
}

extension ScatterRule {
  static var types: String { SignatureTypes.numbers }
  static var ndTypes: String { SignatureTypes.numbers }
  static var resourceTypes: String { SignatureTypes.numbers }
  static var locksByDefault: Bool { false }
  static var gradient: GradientRule {
    .notDifferentiable(because: "it changes a variable")
  }
  static var ndGradient: GradientRule { gradient }
}

/// Changes rows of a reference variable.
enum Scatter<Rule: ScatterRule>: OpDeclaration {
  static var signature: OpSignature {
    OpSignature(
      "Scatter" + Rule.name, inputs: ["ref: Ref(T)", "indices: Tindices", "updates: T"],
      outputs: ["output_ref: Ref(T)"],
      attributes: [
        "T: " + Rule.types, "Tindices: {int32, int64}",
        "use_locking: bool = \(Rule.locksByDefault)",
      ])
  }
  static var shapes: ShapeFunction { .scatterRows }
  static var gradient: GradientRule { Rule.gradient }
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static var kernels: KernelTable { Rule.kernels }
}

/// Changes rows of a resource variable.
enum ResourceScatter<Rule: ScatterRule>: OpDeclaration {
  static var signature: OpSignature {
    OpSignature(
      "ResourceScatter" + Rule.name,
      inputs: ["resource: resource", "indices: Tindices", "updates: dtype"],
      attributes: ["dtype: " + Rule.resourceTypes, "Tindices: {int32, int64}"], isStateful: true)
  }
  static var shapes: ShapeFunction { .scatterRows }
  static var gradient: GradientRule { .undefined }
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static var kernels: KernelTable { Rule.resourceKernels }
}

/// Changes slices of a reference variable, each named by a full or partial index.
enum ScatterNd<Rule: ScatterRule>: OpDeclaration {
  static var signature: OpSignature {
    OpSignature(
      "ScatterNd" + Rule.name, inputs: ["ref: Ref(T)", "indices: Tindices", "updates: T"],
      outputs: ["output_ref: Ref(T)"],
      attributes: [
        "T: " + Rule.ndTypes, "Tindices: {int32, int64}",
        "use_locking: bool = \(Rule.locksByDefault)", "bad_indices_policy: string = \"\"",
      ])
  }
  static var shapes: ShapeFunction { .scatterSlices }
  static var gradient: GradientRule { Rule.ndGradient }
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static var kernels: KernelTable { Rule.ndKernels }
}

/// Changes slices of a resource variable, each named by a full or partial index.
enum ResourceScatterNd<Rule: ScatterRule>: OpDeclaration {
  static var signature: OpSignature {
    OpSignature(
      "ResourceScatterNd" + Rule.name,
      inputs: ["ref: resource", "indices: Tindices", "updates: T"],
      attributes: [
        "T: type", "Tindices: {int32, int64}", "use_locking: bool = true",
        "bad_indices_policy: string = \"\"",
      ], isStateful: true)
  }
  static var shapes: ShapeFunction { .scatterSlices }
  static var gradient: GradientRule { .undefined }
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static var kernels: KernelTable { Rule.ndKernels }
}

extension ShapeFunction {
  /// Updates have the shape of the indices followed by that of a row, or are one element.
  static let scatterRows = ShapeFunction { context in
    let dtype = context.inputTypes[2].base
    try context.checkHandle(0, is: dtype)
    let variable = try requireRow(context.variableShape(0))
    let indices = context.input(1)
    let updates = context.input(2)
    if updates.rank != 0, let rank = variable.rank {
      _ = try updates.merged(
        with: indices.concatenated(with: variable.dimensions(in: 1..<Swift.max(rank, 1))))
    }
    if context.outputCount > 0 { context.setOutput(0, variable) }
  }

  private static func requireRow(_ shape: PartialShape) throws(StatusError) -> PartialShape {
    guard shape.rank == 0 else { return shape }
    throw .invalidArgument("Shape must be at least rank 1 but is rank 0")
  }

  /// Updates have the outer shape of the indices followed by that of a slice.
  static let scatterSlices = ShapeFunction { context in
    try context.checkHandle(0, is: context.inputTypes[2].base)
    let variable = context.variableShape(0)
    let indices = try context.requireRank(1, atLeast: 1)
    if let rank = indices.rank, let depth = indices[rank - 1], let outer = variable.rank {
      guard depth <= outer else {
        throw StatusError.invalidArgument(
          "Index innermost dimension length must be <= params rank; saw: \(depth) vs. \(outer)")
      }
      _ = try context.input(2).merged(
        with: indices.dimensions(in: 0..<(rank - 1)).concatenated(
          with: variable.dimensions(in: depth..<outer)))
    }
    if context.outputCount > 0 { context.setOutput(0, variable) }
  }
}
