public import LoomGraph

/// Neural networks and images.
public enum NNOps {
  public static let all: [any OpDefinition.Type] = activations + losses

  private static let activations: [any OpDefinition.Type] = [
    Relu.self, ReluGrad.self, Relu6.self, Relu6Grad.self, Elu.self, EluGrad.self, Selu.self,
    SeluGrad.self, LeakyRelu.self, LeakyReluGrad.self, Softplus.self, SoftplusGrad.self,
    Softsign.self, SoftsignGrad.self,
  ]

  private static let losses: [any OpDefinition.Type] = [
    BiasAdd.self, BiasAddV1.self, BiasAddGrad.self, Softmax.self, LogSoftmax.self,
    SoftmaxCrossEntropyWithLogits.self, SparseSoftmaxCrossEntropyWithLogits.self,
  ]
}
