#if Distributed
  package import LoomProto

  /// What clients ask of a master.
  package enum MasterMethods {
    private static let service = "tensorflow.MasterService"

    package static let createSession = RPCMethod<
      Tensorflow_CreateSessionRequest, Tensorflow_CreateSessionResponse
    >(service, "CreateSession")
    package static let extendSession = RPCMethod<
      Tensorflow_ExtendSessionRequest, Tensorflow_ExtendSessionResponse
    >(service, "ExtendSession")
    package static let partialRunSetup = RPCMethod<
      Tensorflow_PartialRunSetupRequest, Tensorflow_PartialRunSetupResponse
    >(service, "PartialRunSetup")
    package static let runStep = RPCMethod<
      Tensorflow_RunStepRequest, Tensorflow_RunStepResponse
    >(service, "RunStep")
    package static let closeSession = RPCMethod<
      Tensorflow_CloseSessionRequest, Tensorflow_CloseSessionResponse
    >(service, "CloseSession")
    package static let listDevices = RPCMethod<
      Tensorflow_ListDevicesRequest, Tensorflow_ListDevicesResponse
    >(service, "ListDevices")
    package static let reset = RPCMethod<
      Tensorflow_ResetRequest, Tensorflow_ResetResponse
    >(service, "Reset")
    package static let makeCallable = RPCMethod<
      Tensorflow_MakeCallableRequest, Tensorflow_MakeCallableResponse
    >(service, "MakeCallable")
    package static let runCallable = RPCMethod<
      Tensorflow_RunCallableRequest, Tensorflow_RunCallableResponse
    >(service, "RunCallable")
    package static let releaseCallable = RPCMethod<
      Tensorflow_ReleaseCallableRequest, Tensorflow_ReleaseCallableResponse
    >(service, "ReleaseCallable")
  }
#endif
