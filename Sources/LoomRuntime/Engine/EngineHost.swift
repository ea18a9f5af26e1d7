package import LoomKernels

/// What the engines of a server share: its devices, and the state that outlives their sessions.
package struct EngineHost: Sendable {
  package let devices: DeviceSet
  package let resources: ResourceManager

  package init(devices: DeviceSet, resources: ResourceManager) {
    self.devices = devices
    self.resources = resources
  }
}
