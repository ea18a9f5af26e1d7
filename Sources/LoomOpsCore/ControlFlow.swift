import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

// The ops of TensorFlow's first generation of control flow. They have no kernels: the executor acts on
// their roles. Gradients inside loops are built where loops are known, not by these rules.

extension ShapeFunction {
  /// Two outputs like input 0; the predicate is a scalar.
  static let switching = ShapeFunction { context in
    try context.requireRank(1, 0)
    for index in 0..<2 {
      context.setOutput(index, context.input(0))
      context.setHandle(index, context.handle(0))
    }
  }

  /// What all inputs have in common.
  static let merging = ShapeFunction { context in
    var shape = context.input(0)
    for index in 1..<Swift.max(context.inputCount, 1) {
      shape = shape.relaxed(with: context.input(index))
    }
    context.setOutput(0, shape)
    context.setOutput(1, .scalar)
  }

  /// A value that enters a loop keeps its shape for certain only if the loop cannot change it.
  static let entering = ShapeFunction { context in
    if try context.attributes.bool("is_constant") { context.setOutput(0, context.input(0)) }
    context.setHandle(0, context.handle(0))
  }
}

extension GradientRule {
  /// The gradient of whichever branch ran. Each branch's gradient is switched again, so that one that
  /// exists on both sides (a constant, say) counts only where its branch was taken.
  static let switching = GradientRule.dense { context in
    let predicate = try context.input(1)
    var branches: [AnyOutput] = []
    for index in 0..<2 {
      let gradient = try context.upstream(index)
      branches.append(try context.buildAll("Switch", [gradient, predicate])[index])
    }
    return [try context.build("Merge", branches), nil]
  }

  /// The gradient goes to the input that was passed on.
  static let merging = GradientRule.dense { context in
    let gradient = try context.upstream(0)
    let chosen = try context.output(1)
    var result: [AnyOutput?] = []
    for index in context.inputs.indices {
      let isChosen = try context.equal(chosen, context.scalar(index))
      result.append(try context.buildAll("Switch", [gradient, isChosen])[1])
    }
    return result
  }
}

/// Passes its first input to one of two outputs, by a predicate.
public enum Switch: OpDeclaration {
  public static let signature = OpSignature(
    "Switch", inputs: ["data: T", "pred: bool"], outputs: ["output_false: T", "output_true: T"],
    attributes: ["T: type"])
  public static let shapes = ShapeFunction.switching
  public static let gradient = GradientRule.switching
  public static var properties: OpProperties { OpProperties(role: .switch, isFoldable: false) }
  public static let kernels = KernelTable.none
}

/// `Switch` for references.
public enum RefSwitch: OpDeclaration {
  public static let signature = OpSignature(
    "RefSwitch", inputs: ["data: Ref(T)", "pred: bool"],
    outputs: ["output_false: Ref(T)", "output_true: Ref(T)"], attributes: ["T: type"],
    allowsUninitializedInput: true)
  public static let shapes = ShapeFunction.switching
  public static let gradient = GradientRule.switching
  public static var properties: OpProperties { OpProperties(role: .switch, isFoldable: false) }
  public static let kernels = KernelTable.none
}

/// Passes on whichever input is alive, and says which.
public enum Merge: OpDeclaration {
  public static let signature = OpSignature(
    "Merge", inputs: ["inputs: N * T"], outputs: ["output: T", "value_index: int32"],
    attributes: ["T: type", "N: int >= 1"])
  public static let shapes = ShapeFunction.merging
  public static let gradient = GradientRule.merging
  public static var properties: OpProperties { OpProperties(role: .merge, isFoldable: false) }
  public static let kernels = KernelTable.none
}

/// `Merge` for references.
public enum RefMerge: OpDeclaration {
  public static let signature = OpSignature(
    "RefMerge", inputs: ["inputs: N * Ref(T)"],
    outputs: ["output: Ref(T)", "value_index: int32"], attributes: ["T: type", "N: int >= 1"])
  public static let shapes = ShapeFunction.merging
  public static let gradient = GradientRule.merging
  public static var properties: OpProperties { OpProperties(role: .merge, isFoldable: false) }
  public static let kernels = KernelTable.none
}

/// Brings a value into a loop's frame.
public enum Enter: OpDeclaration {
  public static let signature = OpSignature(
    "Enter", inputs: ["data: T"], outputs: ["output: T"],
    attributes: [
      "T: type", "frame_name: string", "is_constant: bool = false",
      "parallel_iterations: int = 10",
    ])
  public static let shapes = ShapeFunction.entering
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(role: .enter, isFoldable: false) }
  public static let kernels = KernelTable.none
}

/// `Enter` for references.
public enum RefEnter: OpDeclaration {
  public static let signature = OpSignature(
    "RefEnter", inputs: ["data: Ref(T)"], outputs: ["output: Ref(T)"],
    attributes: [
      "T: type", "frame_name: string", "is_constant: bool = false",
      "parallel_iterations: int = 10",
    ])
  public static let shapes = ShapeFunction.passing
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(role: .enter, isFoldable: false) }
  public static let kernels = KernelTable.none
}

/// Takes a value out of a loop's frame.
public enum Exit: OpDeclaration {
  public static let signature = OpSignature(
    "Exit", inputs: ["data: T"], outputs: ["output: T"], attributes: ["T: type"])
  public static let shapes = ShapeFunction.passing
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(role: .exit, isFoldable: false) }
  public static let kernels = KernelTable.none
}

/// `Exit` for references.
public enum RefExit: OpDeclaration {
  public static let signature = OpSignature(
    "RefExit", inputs: ["data: Ref(T)"], outputs: ["output: Ref(T)"], attributes: ["T: type"])
  public static let shapes = ShapeFunction.passing
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(role: .exit, isFoldable: false) }
  public static let kernels = KernelTable.none
}

/// Hands a value to a loop's next iteration.
public enum NextIteration: OpDeclaration {
  public static let signature = OpSignature(
    "NextIteration", inputs: ["data: T"], outputs: ["output: T"], attributes: ["T: type"])
  public static let shapes = ShapeFunction.passing
  public static let gradient = GradientRule.rule { context in [context.upstream[0]] }
  public static var properties: OpProperties {
    OpProperties(role: .nextIteration, isFoldable: false)
  }
  public static let kernels = KernelTable.none
}

/// `NextIteration` for references.
public enum RefNextIteration: OpDeclaration {
  public static let signature = OpSignature(
    "RefNextIteration", inputs: ["data: Ref(T)"], outputs: ["output: Ref(T)"],
    attributes: ["T: type"])
  public static let shapes = ShapeFunction.passing
  public static let gradient = GradientRule.rule { context in [context.upstream[0]] }
  public static var properties: OpProperties {
    OpProperties(role: .nextIteration, isFoldable: false)
  }
  public static let kernels = KernelTable.none
}

/// The predicate that decides whether a loop goes on.
public enum LoopCond: OpDeclaration {
  public static let signature = OpSignature(
    "LoopCond", inputs: ["input: bool"], outputs: ["output: bool"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.requireRank(0, 0))
  }
  public static let gradient = GradientRule.notDifferentiable(because: "it is a predicate")
  public static var properties: OpProperties {
    OpProperties(role: .loopCondition, isFoldable: false)
  }
  public static let kernels = KernelTable.none
}

/// Carries control dependencies out of branches: runs even if its inputs are dead.
public enum ControlTrigger: OpDeclaration {
  public static let signature = OpSignature("ControlTrigger")
  public static let shapes = ShapeFunction.none
  public static let gradient = GradientRule.notDifferentiable(because: "it has no outputs")
  public static var properties: OpProperties {
    OpProperties(role: .controlTrigger, isFoldable: false)
  }
  public static let kernels = KernelTable.closure { _ in }
}
