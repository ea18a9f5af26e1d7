#if Distributed
  package import LoomCore
  package import LoomProto
  package import LoomRuntime

  extension Tensorflow_Error_Code {
    package init(_ code: StatusError.Code) {
      self = Self(rawValue: Int(code.rawValue)) ?? .unknown
    }
  }

  extension Tensorflow_DeviceAttributes {
    package init(_ device: DeviceAttributes) {
      self.init()
      name = device.name
      deviceType = device.type
      memoryLimit = device.memoryLimitBytes
      incarnation = device.incarnation
      locality = Tensorflow_DeviceLocality()
      // No accelerator: what TensorFlow sends for its CPUs too.
      xlaGlobalID = -1
    }
  }
#endif
