import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport
import Synchronization

/// Whether whole texts match a regular expression that is an attribute.
public enum StaticRegexFullMatch: OpDeclaration {
  public static let signature = OpSignature(
    "StaticRegexFullMatch", inputs: ["input: string"], outputs: ["output: bool"],
    attributes: [
      "pattern: string"
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    let matcher = try RegexMatcher(construction.attributes.bytes("pattern"))
    return ClosureKernel { context in
      try context.mapTexts(to: Bool.self) { text throws(StatusError) in matcher.matchesAll(text) }
    }
  }
}

/// Whether whole texts match a regular expression.
public enum RegexFullMatch: OpDeclaration {
  public static let signature = OpSignature(
    "RegexFullMatch", inputs: ["input: string", "pattern: string"], outputs: ["output: bool"])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(1, 0)
    context.setOutput(0, context.input(0))
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { _ in
    let cache = MatcherCache()
    return ClosureKernel { context in
      let matcher = try cache.matcher(for: context.pattern(1, "Pattern"))
      try context.mapTexts(to: Bool.self) { text throws(StatusError) in matcher.matchesAll(text) }
    }
  }
}

/// Texts with matches of a regular expression rewritten; expression and rewrite text are attributes.
public enum StaticRegexReplace: OpDeclaration {
  public static let signature = OpSignature(
    "StaticRegexReplace", inputs: ["input: string"], outputs: ["output: string"],
    attributes: [
      "pattern: string",
      "rewrite: string",
      "replace_global: bool = true",
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    let matcher = try RegexMatcher(construction.attributes.bytes("pattern"))
    let rewrite = try construction.attributes.bytes("rewrite").bytes
    let globally = try construction.attributes.bool("replace_global")
    return ClosureKernel { context in
      try context.mapTexts(to: ByteString.self) { text throws(StatusError) in
        matcher.replacing(text, with: rewrite, globally: globally)
      }
    }
  }
}

/// Texts with matches of a regular expression rewritten.
public enum RegexReplace: OpDeclaration {
  public static let signature = OpSignature(
    "RegexReplace", inputs: ["input: string", "pattern: string", "rewrite: string"],
    outputs: ["output: string"],
    attributes: [
      "replace_global: bool = true"
    ])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(1, 0)
    try context.requireRank(2, 0)
    context.setOutput(0, context.input(0))
  }
  public static let gradient = GradientRule.notDifferentiable(because: "texts have no derivatives")
  public static let kernels = KernelTable { construction in
    let globally = try construction.attributes.bool("replace_global")
    let cache = MatcherCache()
    return ClosureKernel { context in
      let matcher = try cache.matcher(for: context.pattern(1, "Pattern"))
      let rewrite = try context.pattern(2, "Rewrite").bytes
      try context.mapTexts(to: ByteString.self) { text throws(StatusError) in
        matcher.replacing(text, with: rewrite, globally: globally)
      }
    }
  }
}

extension KernelContext {
  /// The single text of input `index`.
  fileprivate func pattern(_ index: Int, _ name: String) throws(StatusError) -> ByteString {
    let tensor = try input(index)
    guard tensor.shape.isScalar else {
      throw .invalidArgument("\(name) must be scalar, but received \(tensor.shape)")
    }
    return try tensor.element(0, of: ByteString.self)
  }
}

/// The expression of the run before, which is nearly always that of the next.
private final class MatcherCache: Sendable {
  private let last = Mutex<(pattern: ByteString, matcher: RegexMatcher)?>(nil)

  func matcher(for pattern: ByteString) throws(StatusError) -> RegexMatcher {
    let known = last.withLock { $0?.pattern == pattern ? $0?.matcher : nil }
    if let known { return known }
    let made = try RegexMatcher(pattern)
    last.withLock { $0 = (pattern, made) }
    return made
  }
}
