public import LoomCore

/// What graphs know of an op: its signature, shape function, gradient rule and properties.
///
/// The type itself is the declaration; it is never instantiated. `OpDeclaration`
/// (`OpDefinition & KernelProvider`) adds the kernels.
public protocol OpDefinition: SendableMetatype {
  static var signature: OpSignature { get }
  static var shapes: ShapeFunction { get }
  static var gradient: GradientRule { get }
  static var properties: OpProperties { get }
  /// How much is known of an output's *value* when not all inputs are constants; for ops whose
  /// results feed shapes (`Shape`, `Pack`, `StridedSlice`, …).
  static var partialValue: PartialValueFunction? { get }
}

extension OpDefinition {
  public static var properties: OpProperties { OpProperties() }
  public static var partialValue: PartialValueFunction? { nil }
}

/// What the executor does with a node. Everything that computes is `compute`; the other roles steer.
public enum OpRole: Sendable, Hashable {
  case compute
  case `switch`
  case merge
  case enter
  case exit
  case nextIteration
  case loopCondition
  case controlTrigger
  /// Takes a value from outside the plan: an unfed placeholder is an error.
  case placeholder
  /// A source whose value never changes.
  case constant
  case noOp
  case argument
  case result
  case send
  case receive
  /// Calls a function of the library by name or attribute.
  case call
}

/// What graph passes may assume of an op.
public struct OpProperties: Sendable {
  public var role: OpRole
  /// Output 0 is input 0, unchanged.
  public var isIdentityLike: Bool
  /// May be evaluated ahead of a run if its inputs are constants: no state, no randomness.
  public var isFoldable: Bool
  /// Has state or effects, but neither waits nor calls code from outside of the graph: a short step of
  /// such ops may run on a thread that serves others. What is foldable is prompt anyway.
  public var isPrompt: Bool
  /// Works on single elements: output shape is the broadcast of the input shapes.
  public var isElementwise: Bool
  /// Outputs whose memory may be that of an input: (input, output) pairs.
  public var inPlacePairs: [InPlacePair]
  /// The kind of state the op makes, such as `variable`; ops that name a shared resource.
  public var makesResource: Bool
  /// Whether a result must agree bit for bit, or within rounding, with the reference.
  public var accuracy: Accuracy

  public struct InPlacePair: Sendable, Hashable {
    public var input: Int
    public var output: Int
    public init(input: Int, output: Int) {
      self.input = input
      self.output = output
    }
  }

  public enum Accuracy: Sendable { case exact, rounding, random }

  public init(
    role: OpRole = .compute, isIdentityLike: Bool = false, isFoldable: Bool = true,
    isPrompt: Bool = false, isElementwise: Bool = false, inPlacePairs: [InPlacePair] = [],
    makesResource: Bool = false, accuracy: Accuracy = .rounding
  ) {
    self.role = role
    self.isIdentityLike = isIdentityLike
    self.isFoldable = isFoldable
    self.isPrompt = isPrompt
    self.isElementwise = isElementwise
    self.inPlacePairs = inPlacePairs
    self.makesResource = makesResource
    self.accuracy = accuracy
  }
}

/// The known elements of a small integer tensor (rank 0 or 1): `nil` is an unknown element.
public struct PartialValueFunction: Sendable {
  public let body: @Sendable (PartialValueContext) throws -> [Int?]?

  public init(_ body: @escaping @Sendable (PartialValueContext) throws -> [Int?]?) {
    self.body = body
  }
}

/// What a partial value is computed from.
public struct PartialValueContext {
  /// The known elements of each input; `nil` where nothing is known.
  public let inputs: [[Int?]?]
  public let inputShapes: [PartialShape]
  public let attributes: Attributes
  /// Which output is asked for.
  public let output: Int
}
