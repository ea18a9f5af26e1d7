import LoomCore
import LoomGraph
import LoomKernels

/// What is common to the ops of one optimizer: dense and sparse, for references and for resources.
///
/// All of them take the variable, its slots, then scalars and the gradient; the sparse ones take row
/// indices after the gradient.
struct UpdateDeclaration: Sendable {
  let dense: OpSignature
  let denseResource: OpSignature
  let sparse: OpSignature
  let sparseResource: OpSignature
  let layout: UpdateLayout
  let kernels: KernelTable

  /// - Parameters:
  ///   - inputs: After variable and slots, in order; exactly one is `grad` or `delta`.
  ///   - flag: The attribute besides `use_locking`, if there is one.
  ///   - sparseGradient: The gradient's name in the sparse ops, where it differs.
  init(
    _ name: String, slots: [String] = [], inputs: [String], flag: String? = nil,
    defaultFlag: Bool = false, sparseGradient: String? = nil, kernels: KernelTable
  ) {
    let gradient = inputs.firstIndex { $0 == "grad" || $0 == "delta" } ?? inputs.count
    layout = UpdateLayout(slots: slots, inputs: inputs, gradient: gradient, flag: flag)
    self.kernels = kernels
    let extra = flag.map { ["\($0): bool = \(defaultFlag)"] } ?? []

    func signature(isSparse: Bool, isResource: Bool) -> OpSignature {
      var arguments = (["var"] + slots).map { $0 + (isResource ? ": resource" : ": Ref(T)") }
      for (index, input) in inputs.enumerated() {
        let isGradient = index == gradient
        let shown = isGradient && isSparse ? sparseGradient ?? input : input
        arguments.append(shown + (input == "global_step" ? ": int64" : ": T"))
        if isGradient, isSparse { arguments.append("indices: Tindices") }
      }
      return OpSignature(
        (isResource ? "Resource" : "") + (isSparse ? "Sparse" : "") + "Apply" + name,
        inputs: arguments, outputs: isResource ? [] : ["out: Ref(T)"],
        attributes: ["T: \(SignatureTypes.numbers)"]
          + (isSparse ? ["Tindices: {int32, int64}"] : []) + ["use_locking: bool = false"] + extra,
        isStateful: isResource)
    }
    dense = signature(isSparse: false, isResource: false)
    denseResource = signature(isSparse: false, isResource: true)
    sparse = signature(isSparse: true, isResource: false)
    sparseResource = signature(isSparse: true, isResource: true)
  }
}

/// Where an update op's inputs stand.
struct UpdateLayout: Sendable {
  let slots: [String]
  /// Names of the scalars, in order.
  let scalars: [String]
  /// How many scalars stand before the gradient.
  let scalarsBefore: Int
  let gradientName: String
  let flag: String?

  init(slots: [String], inputs: [String], gradient: Int, flag: String?) {
    self.slots = slots
    self.flag = flag
    scalarsBefore = gradient
    gradientName = gradient < inputs.count ? inputs[gradient] : "grad"
    scalars = inputs.enumerated().compactMap { $0.offset == gradient ? nil : $0.element }
  }

  /// Variable and slots.
  var variableCount: Int { slots.count + 1 }
  var gradient: Int { variableCount + scalarsBefore }
  /// Where the row indices stand in sparse ops.
  var indices: Int { gradient + 1 }

  func scalar(_ index: Int, isSparse: Bool) -> Int {
    index < scalarsBefore
      ? variableCount + index : variableCount + index + (isSparse ? 2 : 1)
  }

  /// Variable, slots and gradient have one shape; scalars are scalars.
  func shapes(isSparse: Bool) -> ShapeFunction {
    ShapeFunction { context in
      var shape = context.variableShape(0)
      for slot in 1..<variableCount {
        shape = try shape.merged(with: context.variableShape(slot))
      }
      for index in scalars.indices {
        try context.requireRank(scalar(index, isSparse: isSparse), 0)
      }
      let gradientShape = context.input(gradient)
      if isSparse {
        let rows = try context.requireRank(indices, 1)
        _ = try ShapeContext.merge(rows[0], gradientShape[0])
        if let rank = gradientShape.rank {
          guard rank > 0 else {
            throw StatusError.invalidArgument("Shape must be at least rank 1 but is rank 0")
          }
          shape = try shape.merged(with: gradientShape.replacing(0, with: nil))
        }
      } else {
        shape = try shape.merged(with: gradientShape)
      }
      context.setOutput(0, shape)
    }
  }
}
