import LoomCore
import LoomGraph
import LoomKernels

/// What a function makes of windows of elements with equal keys.
enum GroupByWindowDataset: DatasetOp {
  static let signature = OpSignature(
    "GroupByWindowDataset",
    inputs: [
      "input_dataset: variant", "key_func_other_arguments: Tkey_func_other_arguments",
      "reduce_func_other_arguments: Treduce_func_other_arguments",
      "window_size_func_other_arguments: Twindow_size_func_other_arguments",
    ], outputs: ["handle: variant"],
    attributes: [
      "key_func: func", "reduce_func: func", "window_size_func: func",
      "Tkey_func_other_arguments: list(type) >= 0", "Treduce_func_other_arguments: list(type) >= 0",
      "Twindow_size_func_other_arguments: list(type) >= 0",
    ] + DatasetAttributes.described)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let key = try node.compiledFunction("key_func")
    let reduce = try node.compiledFunction("reduce_func")
    let size = try node.compiledFunction("window_size_func")
    let keyCount = try node.attributes.typeCount("Tkey_func_other_arguments")
    let reduceCount = try node.attributes.typeCount("Treduce_func_other_arguments")
    let elements = try ElementSpecification(node.attributes)
    return DatasetMaker { context in
      let keyEnd = 1 + keyCount
      let reduceEnd = keyEnd + reduceCount
      return WindowedGroups(
        input: try context.dataset(0),
        key: try context.function(key, capturing: 1..<keyEnd),
        reduce: try context.function(reduce, capturing: keyEnd..<reduceEnd),
        size: try context.function(size, capturing: reduceEnd..<context.inputCount),
        elements: elements)
    }
  }
}

private struct WindowedGroups: DatasetValue {
  let input: any DatasetValue
  let key: DatasetFunction
  let reduce: DatasetFunction
  let size: DatasetFunction
  let elements: ElementSpecification

  var inputs: [any DatasetValue] { [input] }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let dataset = self
    return Iterator(try input.makeIterator(services), dataset)
  }

  private final class Iterator: DatasetIterator {
    let dataset: WindowedGroups
    var input: (any DatasetIterator)?
    var groups: [Int64: [[AnyTensor]]] = [:]
    var sizes: [Int64: Int] = [:]
    /// What was made of the last window.
    var current: (any DatasetIterator)?
    let caller = FunctionCaller()

    init(_ input: any DatasetIterator, _ dataset: WindowedGroups) {
      self.input = input
      self.dataset = dataset
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while true {
        if let element = try current?.next(services) { return element }
        current = nil
        try fill(services)
        if current == nil {
          guard let key = groups.keys.min() else { return nil }
          try flush(key, services)
        }
      }
    }

    /// Reads until a window is full or there is nothing left to read.
    private func fill(_ services: StepServices) throws(StatusError) {
      while current == nil, let input {
        try services.cancellation.check()
        guard let element = try input.next(services) else {
          self.input = nil
          return
        }
        let key = try caller.callForKey(dataset.key, element, services)
        let size = try windowSize(of: key, services)
        groups[key, default: []].append(element)
        if let group = groups[key], group.count >= size { try flush(key, services) }
      }
    }

    private func windowSize(
      of key: Int64, _ services: StepServices
    ) throws(StatusError) -> Int {
      if let known = sizes[key] { return known }
      let result = try caller.call(dataset.size, [AnyTensor(scalar: key)], services)
      guard result.count == 1, result[0].dtype == .int64, result[0].elementCount == 1 else {
        throw .invalidArgument("`window_size_func` must return a scalar int64.")
      }
      let size = try result[0].element(0, of: Int64.self)
      guard size > 0 else {
        throw .invalidArgument("Window size must be greater than zero, but got \(size).")
      }
      sizes[key] = Int(size)
      return Int(size)
    }

    /// Starts to read what the function makes of a window.
    private func flush(_ key: Int64, _ services: StepServices) throws(StatusError) {
      guard let group = groups.removeValue(forKey: key) else { return }
      let window = ElementList(elements: dataset.input.elements, list: group)
      current = try caller.makeIterator(
        dataset.reduce, [AnyTensor(scalar: key), AnyTensor(dataset: window)], services)
    }
  }
}

extension FunctionCaller {
  /// The key that a function returns for an element.
  func callForKey(
    _ function: DatasetFunction, _ element: [AnyTensor], _ services: StepServices
  ) throws(StatusError) -> Int64 {
    let result = try call(function, element, services)
    guard result.count == 1, result[0].dtype == .int64, result[0].elementCount == 1 else {
      throw .invalidArgument("`key_func` must return a scalar int64.")
    }
    return try result[0].element(0, of: Int64.self)
  }
}

/// What is left of all elements with equal keys, by key.
enum GroupByReducerDataset: DatasetOp {
  static let signature = OpSignature(
    "GroupByReducerDataset",
    inputs: [
      "input_dataset: variant", "key_func_other_arguments: Tkey_func_other_arguments",
      "init_func_other_arguments: Tinit_func_other_arguments",
      "reduce_func_other_arguments: Treduce_func_other_arguments",
      "finalize_func_other_arguments: Tfinalize_func_other_arguments",
    ], outputs: ["handle: variant"],
    attributes: [
      "key_func: func", "init_func: func", "reduce_func: func", "finalize_func: func",
      "Tkey_func_other_arguments: list(type) >= 0", "Tinit_func_other_arguments: list(type) >= 0",
      "Treduce_func_other_arguments: list(type) >= 0",
      "Tfinalize_func_other_arguments: list(type) >= 0",
    ] + DatasetAttributes.elements, isStateful: true)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let functions = [
      try node.compiledFunction("key_func"), try node.compiledFunction("init_func"),
      try node.compiledFunction("reduce_func"), try node.compiledFunction("finalize_func"),
    ]
    let counts = [
      try node.attributes.typeCount("Tkey_func_other_arguments"),
      try node.attributes.typeCount("Tinit_func_other_arguments"),
      try node.attributes.typeCount("Treduce_func_other_arguments"),
      try node.attributes.typeCount("Tfinalize_func_other_arguments"),
    ]
    let elements = try ElementSpecification(node.attributes)
    return DatasetMaker { context in
      var captured: [DatasetFunction] = []
      var start = 1
      for (function, count) in zip(functions, counts) {
        captured.append(try context.function(function, capturing: start..<start + count))
        start += count
      }
      return ReducedGroups(
        input: try context.dataset(0), key: captured[0], initial: captured[1],
        reduce: captured[2], finish: captured[3], elements: elements)
    }
  }
}

private struct ReducedGroups: DatasetValue {
  let input: any DatasetValue
  let key: DatasetFunction
  let initial: DatasetFunction
  let reduce: DatasetFunction
  let finish: DatasetFunction
  let elements: ElementSpecification

  var inputs: [any DatasetValue] { [input] }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let dataset = self
    return Iterator(try input.makeIterator(services), dataset)
  }

  private final class Iterator: DatasetIterator {
    let dataset: ReducedGroups
    var input: (any DatasetIterator)?
    var states: [Int64: [AnyTensor]] = [:]
    /// The keys still to be given out, the largest first.
    var keys: [Int64] = []
    let caller = FunctionCaller()

    init(_ input: any DatasetIterator, _ dataset: ReducedGroups) {
      self.input = input
      self.dataset = dataset
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while let input {
        try services.cancellation.check()
        guard let element = try input.next(services) else {
          self.input = nil
          keys = states.keys.sorted(by: >)
          break
        }
        let key = try caller.callForKey(dataset.key, element, services)
        let state: [AnyTensor]
        if let known = states[key] {
          state = known
        } else {
          state = try caller.call(dataset.initial, [AnyTensor(scalar: key)], services)
        }
        let fresh = try caller.call(dataset.reduce, state + element, services)
        try checkState(fresh, like: state)
        states[key] = fresh
      }
      guard let key = keys.popLast(), let state = states.removeValue(forKey: key) else {
        return nil
      }
      return try caller.call(dataset.finish, state, services)
    }
  }
}
