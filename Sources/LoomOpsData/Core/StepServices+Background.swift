public import LoomKernels

extension StepServices {
  /// Services for work that goes on after the step: with the same resources, and a cancellation, a
  /// wake-up and step resources of its own.
  public func background() -> StepServices {
    StepServices(
      stepID: stepID, resources: resources, budget: budget, workers: workers, handles: handles,
      privateState: privateState)
  }

  /// Services for one of many calls that a step makes: ends with the step, but has step resources of
  /// its own, so that they can be let go after each call.
  func nested() -> StepServices {
    StepServices(
      stepID: stepID, resources: resources, budget: budget, cancellation: cancellation,
      workers: workers, handles: handles, wakeup: wakeup, privateState: privateState)
  }

  /// The services of the same step for kernels that keep their state in `state`.
  func keeping(_ state: ResourceManager) -> StepServices {
    StepServices(
      stepID: stepID, resources: resources, stepResources: stepResources, budget: budget,
      cancellation: cancellation, workers: workers, handles: handles, wakeup: wakeup,
      privateState: state)
  }
}
