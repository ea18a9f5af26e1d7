package import LoomCore

extension KernelContext {
  /// The variant in scalar input `input`, moved out of its tensor if nobody else can see it: what it holds
  /// may then be changed in place. ``putVariant(_:_:)`` makes it output `output`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the input is no scalar variant.
  package func takeVariant(
    _ input: Int, to output: Int, kind: StaticString
  ) throws(StatusError) -> Variant {
    guard input >= 0, input < inputCount else { throw KernelContext.noInput(input, inputCount) }
    guard output >= 0, output < outputCount else {
      throw KernelContext.noOutput(output, outputCount)
    }
    let source = unsafe Int(operands[input].slot)
    if unsafe operands[input].isLastUse, isOnlyUse(input),
      var held = unsafe slots[source].tensor.take()
    {
      if held.dtype == .variant, held.shape.isScalar, held.isUniquelyOwned() {
        // A scalar has one initialised element, and nobody else refers to its memory.
        let element = unsafe try held.writablePointer(of: Variant.self)
        let variant = unsafe element.move()
        unsafe element.initialize(to: Variant())
        unsafe slots[outputBase + output].tensor = held
        return variant
      }
      unsafe slots[source].tensor = held
    }
    return try variant(input, kind: kind)
  }

  /// The variant in scalar input `index`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the input is no scalar variant.
  package func variant(_ index: Int, kind: StaticString) throws(StatusError) -> Variant {
    let tensor = try input(index)
    guard tensor.shape.isScalar else {
      throw .invalidArgument("Input \(kind) must be a scalar saw: \(tensor.shape)")
    }
    return try tensor.span(of: Variant.self)[0]
  }

  /// Makes `variant` the value of scalar output `index`, in memory that is there already if possible.
  package func putVariant(_ index: Int, _ variant: Variant) throws(StatusError) {
    guard index >= 0, index < outputCount else { throw KernelContext.noOutput(index, outputCount) }
    let slot = outputBase + index
    if var held = unsafe slots[slot].tensor.take(), held.dtype == .variant, held.shape.isScalar,
      held.isUniquelyOwned()
    {
      // As above: one initialised element that is this kernel's alone.
      unsafe try held.writablePointer(of: Variant.self).pointee = variant
      unsafe slots[slot].tensor = held
      return
    }
    unsafe slots[slot].tensor = try AnyTensor(scalar: variant)
  }

  /// Whether no other input of the node reads the same slot.
  private func isOnlyUse(_ input: Int) -> Bool {
    let slot = unsafe operands[input].slot
    for other in 0..<inputCount where other != input {
      if unsafe operands[other].slot == slot { return false }
    }
    return true
  }
}
