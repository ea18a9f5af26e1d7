import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// A generator of seeds for shuffled datasets, which goes with its last handle.
enum AnonymousSeedGenerator: OpDeclaration {
  static let signature = OpSignature(
    "AnonymousSeedGenerator", inputs: ["seed: int64", "seed2: int64", "reshuffle: bool"],
    outputs: ["handle: resource", "deleter: variant"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    let seed: Int64 = try context.argument(0, "seed")
    let seed2: Int64 = try context.argument(1, "seed2")
    let varies: Bool = try context.argument(2, "reshuffle")
    try context.setHandle(SeedGenerator(seed: seed, seed2: seed2, varies: varies))
  }
}

/// A generator of ever new seeds, which goes with its last handle.
enum AnonymousRandomSeedGenerator: OpDeclaration {
  static let signature = OpSignature(
    "AnonymousRandomSeedGenerator", inputs: ["seed: int64", "seed2: int64"],
    outputs: ["handle: resource", "deleter: variant"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    let seed: Int64 = try context.argument(0, "seed")
    let seed2: Int64 = try context.argument(1, "seed2")
    try context.setHandle(SeedGenerator(seed: seed, seed2: seed2, varies: true))
  }
}

/// A place for the elements of cached datasets, which goes with its last handle.
enum AnonymousMemoryCache: OpDeclaration {
  static let signature = OpSignature(
    "AnonymousMemoryCache", outputs: ["handle: resource", "deleter: variant"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in try context.setHandle(MemoryCache()) }
}

/// A handle to no generator: the dataset makes its own.
enum DummySeedGenerator: OpDeclaration {
  static let signature = OpSignature(
    "DummySeedGenerator", outputs: ["handle: resource"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in try context.setHandle(nil) }
}

/// A handle to no cache: the dataset makes its own.
enum DummyMemoryCache: OpDeclaration {
  static let signature = OpSignature(
    "DummyMemoryCache", outputs: ["handle: resource"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in try context.setHandle(nil) }
}

/// A handle to no counter of iterations.
enum DummyIterationCounter: OpDeclaration {
  static let signature = OpSignature(
    "DummyIterationCounter", outputs: ["handle: resource"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in try context.setHandle(nil) }
}

/// Does nothing: a generator goes with its last handle.
enum DeleteSeedGenerator: OpDeclaration {
  static let signature = OpSignature(
    "DeleteSeedGenerator", inputs: ["handle: resource", "deleter: variant"], isStateful: true)
  static let shapes = ShapeFunction.deletion
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { _ in }
}

/// Does nothing: a generator goes with its last handle.
enum DeleteRandomSeedGenerator: OpDeclaration {
  static let signature = OpSignature(
    "DeleteRandomSeedGenerator", inputs: ["handle: resource", "deleter: variant"], isStateful: true)
  static let shapes = ShapeFunction.deletion
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { _ in }
}

/// Empties a cache; it goes with its last handle.
enum DeleteMemoryCache: OpDeclaration {
  static let signature = OpSignature(
    "DeleteMemoryCache", inputs: ["handle: resource", "deleter: variant"], isStateful: true)
  static let shapes = ShapeFunction.deletion
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { _ in }
}

extension ShapeFunction {
  /// Takes a handle and what deletes it.
  static let deletion = ShapeFunction { context in
    try context.requireRank(0, 0)
    try context.requireRank(1, 0)
  }
}

extension KernelContext {
  /// Sets output 0 to a handle that owns `resource`, and an output behind it to an empty variant.
  fileprivate func setHandle(_ resource: (any Resource)?) throws(StatusError) {
    try setOutput(
      0,
      AnyTensor(
        scalar: ResourceHandle(
          container: resources.defaultContainer,
          name: resource == nil ? "dummy" : "anonymous\(resources.nextNumber())",
          resource: resource)))
    if outputCount > 1 { try setOutput(1, AnyTensor(scalar: Variant())) }
  }
}
