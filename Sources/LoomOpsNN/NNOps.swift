public import LoomGraph

/// Neural networks and images.
public enum NNOps {
  public static let all: [any OpDefinition.Type] =
    activations + losses + convolutions + pools + normalizations + resizing
    + images + quantization

  private static let activations: [any OpDefinition.Type] = [
    Relu.self, ReluGrad.self, Relu6.self, Relu6Grad.self, Elu.self, EluGrad.self, Selu.self,
    SeluGrad.self, LeakyRelu.self, LeakyReluGrad.self, Softplus.self, SoftplusGrad.self,
    Softsign.self, SoftsignGrad.self,
  ]

  private static let losses: [any OpDefinition.Type] = [
    BiasAdd.self, BiasAddV1.self, BiasAddGrad.self, Softmax.self, LogSoftmax.self,
    SoftmaxCrossEntropyWithLogits.self, SparseSoftmaxCrossEntropyWithLogits.self,
  ]

  private static let convolutions: [any OpDefinition.Type] = [
    Conv2D.self, Conv2DBackpropInput.self, Conv2DBackpropFilter.self,
    DepthwiseConv2dNative.self, DepthwiseConv2dNativeBackpropInput.self,
    DepthwiseConv2dNativeBackpropFilter.self, Conv3D.self, Conv3DBackpropInput.self,
    Conv3DBackpropInputV2.self, Conv3DBackpropFilter.self, Conv3DBackpropFilterV2.self,
  ]

  private static let pools: [any OpDefinition.Type] = [
    MaxPool.self, MaxPoolV2.self, MaxPoolGrad.self, MaxPoolGradV2.self, MaxPoolGradGrad.self,
    MaxPoolGradGradV2.self, MaxPoolWithArgmax.self, MaxPoolGradWithArgmax.self, AvgPool.self,
    AvgPoolGrad.self, MaxPool3D.self, MaxPool3DGrad.self, MaxPool3DGradGrad.self, AvgPool3D.self,
    AvgPool3DGrad.self,
  ]

  private static let normalizations: [any OpDefinition.Type] = [
    FusedBatchNorm.self, FusedBatchNormV2.self, FusedBatchNormV3.self, FusedBatchNormGrad.self,
    FusedBatchNormGradV2.self, FusedBatchNormGradV3.self, BatchNormWithGlobalNormalization.self,
    BatchNormWithGlobalNormalizationGrad.self, LRN.self, LRNGrad.self,
  ]

  private static let resizing: [any OpDefinition.Type] = [
    ResizeBilinear.self, ResizeBilinearGrad.self, ResizeBicubic.self, ResizeBicubicGrad.self,
    ResizeArea.self, ResizeNearestNeighbor.self, ResizeNearestNeighborGrad.self,
  ]

  private static let images: [any OpDefinition.Type] = [
    CropAndResize.self, CropAndResizeGradImage.self, CropAndResizeGradBoxes.self, RGBToHSV.self,
    HSVToRGB.self, AdjustHue.self, AdjustSaturation.self, AdjustContrast.self,
    AdjustContrastv2.self, NonMaxSuppression.self, NonMaxSuppressionV2.self,
    NonMaxSuppressionV3.self, NonMaxSuppressionV4.self, NonMaxSuppressionV5.self,
    NonMaxSuppressionWithOverlaps.self,
  ]

  private static let quantization: [any OpDefinition.Type] = [
    FakeQuantWithMinMaxArgs.self, FakeQuantWithMinMaxArgsGradient.self,
    FakeQuantWithMinMaxVars.self, FakeQuantWithMinMaxVarsGradient.self,
    FakeQuantWithMinMaxVarsPerChannel.self, FakeQuantWithMinMaxVarsPerChannelGradient.self,
    Dequantize.self, QuantizeAndDequantize.self, QuantizeAndDequantizeV2.self,
    QuantizeAndDequantizeV3.self, QuantizeAndDequantizeV4.self, QuantizeAndDequantizeV4Grad.self,
    QuantizeV2.self,
  ]
}
