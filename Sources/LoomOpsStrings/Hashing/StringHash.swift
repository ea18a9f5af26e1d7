import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Buckets of texts by TensorFlow's first hash, kept for old graphs.
public enum StringToHashBucket: OpDeclaration {
  public static let signature = OpSignature(
    "StringToHashBucket", inputs: ["string_tensor: string"], outputs: ["output: int64"],
    attributes: [
      "num_buckets: int >= 1"
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.notDifferentiable(because: "buckets are discrete")
  public static let kernels = KernelTable { construction in
    try HashBuckets.kernel(construction) { TextHash.hash64($0) }
  }
}

/// Buckets of texts by a fast hash, FarmHash's `Fingerprint64`.
public enum StringToHashBucketFast: OpDeclaration {
  public static let signature = OpSignature(
    "StringToHashBucketFast", inputs: ["input: string"], outputs: ["output: int64"],
    attributes: [
      "num_buckets: int >= 1"
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.notDifferentiable(because: "buckets are discrete")
  public static let kernels = KernelTable { construction in
    try HashBuckets.kernel(construction) { FarmHash.fingerprint64($0) }
  }
}

/// Buckets of texts by a keyed hash, SipHash: without the key nobody can make texts collide.
public enum StringToHashBucketStrong: OpDeclaration {
  public static let signature = OpSignature(
    "StringToHashBucketStrong", inputs: ["input: string"], outputs: ["output: int64"],
    attributes: [
      "num_buckets: int >= 1",
      "key: list(int)",
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.notDifferentiable(because: "buckets are discrete")
  public static let kernels = KernelTable { construction in
    let key = try construction.attributes.ints("key")
    guard key.count == 2 else {
      throw StatusError.invalidArgument("Key must have 2 elements")
    }
    let (first, second) = (UInt64(bitPattern: Int64(key[0])), UInt64(bitPattern: Int64(key[1])))
    return try HashBuckets.kernel(construction) {
      TextHash.sipHash($0, key: (first, second))
    }
  }
}

private enum HashBuckets {
  static func kernel(
    _ construction: KernelConstruction, _ hash: @escaping @Sendable ([UInt8]) -> UInt64
  ) throws(StatusError) -> any Kernel {
    let buckets = try construction.attributes.int("num_buckets")
    guard buckets >= 1 else {
      throw .invalidArgument("num_buckets must be at least 1, got \(buckets)")
    }
    return ClosureKernel { context in
      try context.mapTexts(to: Int64.self) { text throws(StatusError) in
        Int64(truncatingIfNeeded: hash(text.bytes) % UInt64(buckets))
      }
    }
  }
}
